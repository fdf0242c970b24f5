import Foundation

/// Where databases of tests are that need not survive the machine: a thousand of them would wait for its disk.
package enum Scratch {
    /// In memory, if there is such a place.
    package static var folder: URL {
        let memory = URL(filePath: "/dev/shm")
        return FileManager.default.isWritableFile(atPath: memory.path)
            ? memory : FileManager.default.temporaryDirectory
    }
}
