import Agent
import HitSources
import Settings
import Tokens
import Transport

/// Asks a source as the agent would, and keeps nothing of the answer.
struct SourceExamination {
    let source: Settings.Source
    let poller: Poller

    func run() async -> SourceFacts {
        var facts = SourceFacts(source: source.name, url: source.place)
        let credential: StreamCredential
        do {
            credential = try StreamCredential(reading: source.credentialFile)
        } catch {
            facts.credential = .failure(Failure(error))
            return facts
        }
        facts.credential = .success(credential.stream.rawValue)
        if case .accessLog(let path, _) = source.kind {
            facts.server = await Self.read(path, credential)
            return facts
        }
        do throws(PullError) {
            let health = try await PullClient(source, credential, poller).health()
            facts.server = .success(.init(acceptsCredential: true, clockDifference: health.clockDifference))
        } catch .unauthorised {
            facts.server = .success(.init(acceptsCredential: false, clockDifference: nil))
        } catch {
            facts.server = .failure(Failure(error))
        }
        return facts
    }

    /// Whether the file can be read; that a credential fits shows with the first hit alone.
    private static func read(
        _ path: String, _ credential: StreamCredential
    ) async -> Result<SourceFacts.Server, Failure> {
        let feed = AccessLogFeed(path: path, format: .combined, credential: credential)
        do throws(PullError) {
            _ = try await feed.pull(after: nil, log: nil, limit: 1, wait: 0)
            return .success(.init(acceptsCredential: true, clockDifference: nil, isLog: true))
        } catch {
            return .failure(Failure(error))
        }
    }
}

extension SourceFacts {
    /// Asks a provider's API for the last half hour.
    static func find(_ provider: Settings.ProviderSource, poller: Poller) async -> SourceFacts {
        var facts = SourceFacts(source: provider.name, url: provider.url.text)
        do throws(PullError) {
            try await ProviderFeed(provider, poller).check()
            facts.server = .success(.init(acceptsCredential: true, clockDifference: nil))
        } catch {
            facts.server = .failure(Failure(error))
        }
        return facts
    }
}

extension Settings.Source {
    /// Where hits are read from.
    fileprivate var place: String {
        switch kind {
        case .sentmark: url.text
        case .accessLog(let path, _): path
        }
    }
}
