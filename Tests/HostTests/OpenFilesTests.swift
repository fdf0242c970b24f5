import Foundation
import Testing

@testable import Host

struct OpenFilesTests {
    @Test func raisesTheLimitAsFarAsItMay() {
        let before = OpenFiles.allow(0)
        #expect(before > 0)
        var limit = rlimit()
        #if canImport(Darwin)
            getrlimit(RLIMIT_NOFILE, &limit)
        #else
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #endif
        let wanted = min(before + 1, Int(clamping: limit.rlim_max))
        #expect(OpenFiles.allow(before + 1) == wanted)
        #expect(OpenFiles.allow(1) == wanted, "never lowered")
    }
}
