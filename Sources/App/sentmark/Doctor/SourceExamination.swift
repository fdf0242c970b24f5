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
        var facts = SourceFacts(source: source.name, url: source.url.text)
        let credential: StreamCredential
        do {
            credential = try StreamCredential(reading: source.credentialFile)
        } catch {
            facts.credential = .failure(Failure(error))
            return facts
        }
        facts.credential = .success(credential.stream.rawValue)
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
}
