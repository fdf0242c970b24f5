import ArgumentParser
import Opens

struct RangesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ranges",
        abstract: "Manage the lists of networks that hits are looked up in.",
        discussion: """
            Apple, Google, Microsoft and cloud providers publish from which addresses they fetch. A pixel server, or an \
            agent that reads an access log, looks each request's address up in these lists and forgets it; the other \
            machines need none. What is built in is small and works without them.

            Nothing is fetched unless you ask for it: 'update' does it once, auto = true in [ranges] every week.

            EXAMPLES
              sentmark ranges status
              sentmark ranges update
              sentmark ranges update apple-relay google-proxy
            """,
        subcommands: [RangesUpdateCommand.self, RangesStatusCommand.self])
}

extension PublishedList: ExpressibleByArgument {}
