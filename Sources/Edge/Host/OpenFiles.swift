import Foundation

/// How many files and connections this process may have open.
package enum OpenFiles {
    /// Raises the limit to `count` if it is lower, and no further: programs that we start inherit it, and some old ones
    /// bear no more than 1024. Returns the limit that holds; less than `count` where root has set one.
    package static func allow(_ count: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return 0 }
        if limit.rlim_cur < rlim_t(count) {
            var wanted = limit
            wanted.rlim_cur = min(rlim_t(count), limit.rlim_max)
            if setrlimit(resource, &wanted) == 0 { limit = wanted }
        }
        return Int(clamping: limit.rlim_cur)
    }

    #if canImport(Darwin)
        private static let resource = RLIMIT_NOFILE
    #else
        private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #endif
}
