import CHost

/// How a process that runs for months keeps to the memory that it needs.
package enum Memory {
    /// To be called before the first thread starts. The agent's threads seldom allocate at the same time; a heap for
    /// each of them would keep what a large answer of a server once took.
    package static func shareHeap() { chost_share_heap() }

    /// After work that took much for a short while, the start among it: gives back what is free, and the pages of the
    /// program and its libraries, most of which ran for that work alone. What is still used comes back from the page
    /// cache, without reading the disk.
    package static func trim() {
        chost_trim_heap()
        chost_release_code()
    }
}
