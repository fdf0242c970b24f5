import Foundation
import Logging
import Opens
import ServiceLifecycle
import Settings
import Transport

/// Takes over lists and databases that somebody has put there, and fetches old lists if it is told to.
package struct NetworkService: Service {
    private static let lookInterval = Duration.seconds(5)
    /// Of a round of fetching; what failed is tried again in the next.
    private static let fetchInterval = Duration.seconds(6 * 3600)
    /// Seconds; a list is fetched when it is older.
    private static let age: TimeInterval = 7 * 86_400

    private let networks: LiveNetworks
    private let directory: RangesDirectory
    private let urls: [(list: PublishedList, url: String)]
    private let update: RangesUpdate?
    private let now: @Sendable () -> Date
    private let logger: Logger

    /// Without a poller nothing is fetched, whatever the settings say.
    package init(
        _ networks: LiveNetworks, _ settings: Settings.Ranges, _ directory: RangesDirectory, on poller: Poller?,
        now: @escaping @Sendable () -> Date, logger: Logger
    ) {
        self.networks = networks
        self.directory = directory
        urls = PublishedList.allCases.compactMap { list in settings.urls[list].map { (list, $0) } }
        update = poller.flatMap { settings.automatic ? RangesUpdate(settings, directory, on: $0, now: now) : nil }
        self.now = now
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var fetched: ContinuousClock.Instant?
            while !Task.isCancelled {
                if let update, fetched.map({ ContinuousClock.now - $0 > Self.fetchInterval }) ?? true {
                    fetched = .now
                    await fetch(update)
                }
                networks.refresh()
                try? await Task.sleep(for: Self.lookInterval)
            }
        }
    }

    private func fetch(_ update: RangesUpdate) async {
        for (list, url) in urls where !Task.isCancelled {
            if let stored = try? directory.read(list), abs(now().timeIntervalSince(stored.fetched)) < Self.age {
                continue
            }
            do {
                let new = try await update.run(list, from: url)
                logger.info(
                    "list of networks fetched", metadata: ["list": "\(list.rawValue)", "prefixes": "\(new.published)"])
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning(
                    "list of networks not fetched; the old one stays",
                    metadata: ["list": "\(list.rawValue)", "problem": "\(error)"])
            }
        }
    }
}
