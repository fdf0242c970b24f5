import Agent
import Foundation
import Host
import PixelServer
import Settings
import Transport

/// What was found of the pixel server of this machine.
struct ServerFacts: Sendable {
    enum Port: Equatable, Sendable {
        case free
        /// A pixel server answers there; whether its log can be written.
        case ours(isHealthy: Bool)
        /// Something else holds it.
        case taken
        case unusable(String)
    }

    enum SecretFile: Equatable, Sendable {
        case good
        case missing
        case failed(Failure)
    }

    var listen: String
    var port: Port
    var secretPath: String
    var secret: SecretFile
    var store: Result<StoreFacts, Failure>
    /// Streams in use.
    var streams: Result<Int, Failure>
}

/// What the facts about the pixel server mean.
enum ServerChecks {
    static func checks(_ facts: ServerFacts) -> [Check] {
        let topic = "server"
        return [port(topic, facts), secret(topic, facts)] + StoreChecks.checks(topic, facts.store)
            + [streams(topic, facts.streams)]
    }

    private static func port(_ topic: String, _ facts: ServerFacts) -> Check {
        switch facts.port {
        case .free: Check(topic, "port", .good, "\(facts.listen) is free; the server does not run")
        case .ours(isHealthy: true): Check(topic, "port", .good, "\(facts.listen) answers")
        case .ours(isHealthy: false):
            Check(
                topic, "port", .failed(.inputOutput), "\(facts.listen) answers that its hit log cannot be written",
                action: "see its log for the reason: mostly the disk is full")
        case .taken:
            Check(
                topic, "port", .failed(.unavailable), "\(facts.listen) is in use by another program",
                action: "choose another with listen = \"…\", or stop that program")
        case .unusable(let why):
            Check(
                topic, "port", .failed(.configuration), "\(facts.listen) cannot be listened on: \(why)",
                action: "choose another with listen = \"…\"")
        }
    }

    private static func secret(_ topic: String, _ facts: ServerFacts) -> Check {
        switch facts.secret {
        case .good: Check(topic, "secret", .good, facts.secretPath)
        case .missing: Check(topic, "secret", .good, "\(facts.secretPath) will be made when it is needed")
        case .failed(let failure): Check(topic, "secret", failure)
        }
    }

    private static func streams(_ topic: String, _ streams: Result<Int, Failure>) -> Check {
        switch streams {
        case .failure(let failure): Check(topic, "streams", failure)
        case .success(0):
            Check(
                topic, "streams", .warning, "none, so that nobody can make tokens",
                action: "add one with 'sentmark stream add NAME --output FILE'")
        case .success(let count): Check(topic, "streams", .good, "\(count) in use")
        }
    }
}

extension ServerFacts {
    /// Looks, and changes nothing: the port is bound for an instant and never listened on.
    static func find(_ server: Settings.Server, poller: Poller) async -> ServerFacts {
        let secret: SecretFile
        do throws(PixelServerError) {
            secret = try ServerSecretFile.load(URL(filePath: server.secretFile)) == nil ? .missing : .good
        } catch {
            secret = .failed(Failure(error))
        }
        let store = await StoreFacts.find(server)
        let streams: Result<Int, Failure>
        do {
            let records = try await onThread { try Streams(server, Directories()).list() }
            streams = .success(Set(records.filter(\.pulls).map(\.stream)).count)
        } catch {
            streams = .failure(Failure(error))
        }
        return ServerFacts(
            listen: "\(server.listen)", port: await port(server.listen, poller), secretPath: server.secretFile,
            secret: secret, store: store, streams: streams)
    }

    private static func port(_ listen: ListenAddress, _ poller: Poller) async -> Port {
        switch BindTest.result(host: listen.host, port: listen.port) {
        case .free: return .free
        case .failed(let why): return .unusable(why)
        case .inUse: break
        }
        // A wildcard address takes loopback in; of another address only its own machine's clients could ask.
        let host =
            ["0.0.0.0", "::"].contains(listen.host) || !Endpoint.isLoopback(listen.host) ? "127.0.0.1" : listen.host
        let name = host.contains(":") ? "[\(host)]" : host
        let request = HTTPRequest(
            "http://\(name):\(listen.port)/health", timeout: .seconds(5), idleTimeout: .seconds(4), bodyLimit: 1 << 16)
        guard let response = try? await HTTPClient(on: poller).send(request) else { return .taken }
        guard [200, 503].contains(response.status), response.body.starts(with: #"{"status":"#.utf8) else {
            return .taken
        }
        return .ours(isHealthy: response.status == 200)
    }
}
