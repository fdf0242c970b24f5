extension BinaryInteger {
    /// `1 message`, `2 messages`.
    func counted(_ word: String) -> String { "\(self) \(word)\(self == 1 ? "" : "s")" }
}
