import Agent
import ArgumentParser
import Foundation
import Host
import Settings

struct SendmailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sendmail",
        abstract: "Send a message from standard input, as the sendmail command does.",
        discussion: """
            For mutt, neomutt, aerc, git send-email, mail and whatever else calls a sendmail command: name this one \
            instead. The message gets a pixel as [submission] in the configuration says. Then it goes, with the \
            arguments as they are, to the program that `sendmail` there names; without one it is sent by SMTP to the \
            account that sends from its address.

            Whatever fails in tracking, the message is sent without. The exit status says what became of it: 0 it was \
            accepted, 75 try again later, 67 or 69 it was refused, 64 wrong arguments, 65 no message. With a program \
            it is that program's own.

            OPTIONS
              -t             take recipients from To, Cc and Bcc as well
              -i, -oi        a line with a dot alone does not end the message
              -f ADDRESS     the envelope's sender; also -r
              -F NAME        the sender's name, for a message without From
              -N WHEN        delivery reports: never, or success,failure,delay
              -R WHAT, -V ID what comes back with them: full or hdrs; and an id
              -B 8BITMIME    the message is not all ASCII
              -bm            a message on standard input (as without it)
              -bs            SMTP on standard input and output
              --             what follows are recipients
            Others that sendmail commands have are passed on to the program, or mean nothing here. \
            The configuration is $SENTMARK_CONFIG, or where it usually is.

            EXAMPLES
              set sendmail = "sentmark sendmail -oem -oi"            (muttrc)
              git config sendemail.sendmailCmd "sentmark sendmail"
            """)

    @Argument(
        parsing: .captureForPassthrough, help: ArgumentHelp("Arguments of a sendmail command.", valueName: "arguments"))
    var words: [String] = []

    func run() async throws {
        if words.first == "--help" || words.first == "-h" && words.count == 1 {
            return try StandardOutput.write(Sentmark.helpMessage(for: Self.self) + "\n")
        }
        let settings = try Settings.load(Settings.defaultPath(), filesMustExist: false)
        guard let submission = settings.submission else {
            throw Failure(
                .configuration, "sendmail: the configuration has no [submission]",
                action: "add one: see docs/sending.md")
        }
        let arguments: SendmailArguments
        do throws(SendmailArguments.Problem) {
            arguments = try SendmailArguments(words)
        } catch {
            throw Failure(.usage, "sendmail: \(error.text)", action: "see sentmark sendmail --help")
        }
        let directories = Directories()
        let sender = CommandSender(settings, directories: directories)
        if let program = submission.sendmail {
            let status = try await SendmailProgram(
                program: program, words: words, arguments: arguments, sender: sender, directories: directories
            ).run()
            if status != 0 { throw ExitCode(status) }
        } else {
            try await SendmailSubmission(arguments: arguments, sender: sender).run()
        }
    }
}
