import Control
import Host
import Store

/// Has every message judged once more, by the agent that runs or, if none does, by the next one.
package enum Reclassification {
    /// Returns whether an agent does it now.
    package static func request(_ directories: Directories) async throws -> Bool {
        if try await hasAgentDoIt(directories) { return true }
        let lock = try ProcessLock(directories.state + "/agent.lock")
        let store = try AgentStore(path: directories.state + "/agent.db")
        try await store.judgeAllAgain()
        try store.close()
        withExtendedLifetime(lock) {}
        return false
    }

    private static func hasAgentDoIt(_ directories: Directories) async throws(ControlError) -> Bool {
        do {
            _ = try await ControlClient(path: directories.controlSocket).ask(.reclassify)
            return true
        } catch {
            guard error == .noAgent else { throw error }
            return false
        }
    }
}
