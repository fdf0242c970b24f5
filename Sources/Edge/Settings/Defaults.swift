/// What holds for a key that the file does not have. The example configuration shows the same values; a test compares.
enum Defaults {
    static let sent = Settings.SentFolders.automatic
    static let archives = Settings.Archives.automatic
    static let since: Duration? = days(30)
    static let listen = ListenAddress(host: "127.0.0.1", port: 8025)
    static let store = Settings.HitStore.stateDirectory
    static let metrics = false
    /// Relative to the configuration.
    static let secretFile = "keys/server"
    static let show = Settings.Show.automatic
    static let keywords: [MarkKey: String] = [
        .tracked: "tracked", .opened: "opened", .openedAgain: "opened-again", .reached: "reached",
        .clicked: "clicked", .replied: "replied", .followUp: "follow-up", .unreliable: "unreliable",
    ]
    static let labels: [MarkKey: String] = [.tracked: "✓", .opened: "✓✓"]
    static let colors: [MarkKey: String] = [.tracked: "grey", .opened: "green"]
    static let privacyLevel = Settings.PrivacyLevel.pseudonymous
    /// Of the agent, and of a server that does not say otherwise.
    static let retention = days(180)
}

/// Between what ends a value must be.
enum Limits {
    static let since = Duration.seconds(60)...days(36_500)
    static let pollInterval = Duration.seconds(10)...days(1)
    static let retention = days(1)...days(36_500)
    static let accounts = 64
    static let sources = 64
    static let nameBytes = 64
    /// Of a label, which Gmail keeps to 225 characters, and of a folder.
    static let labelBytes = 200
}

private func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
