/// What holds for a key that the file does not have. The example configuration shows the same values; a test compares.
enum Defaults {
    static let sent = Settings.SentFolders.automatic
    static let archives = Settings.Archives.automatic
    static let replies = Settings.Archives.automatic
    static let since: Duration? = days(30)
    static let listen = ListenAddress(host: "127.0.0.1", port: 8025)
    static let store = Settings.HitStore.stateDirectory
    static let metrics = false
    static let preference = Settings.Preference.record
    /// Relative to the configuration.
    static let secretFile = "keys/server"
    static let clientAddress = Settings.ClientAddress.forwardedFor
    static let logFormat = Settings.Source.LogFormat.combined
    static let apiHeader = "Authorization"
    static let timeFormat = Settings.JSONList.TimeFormat.rfc3339
    static let order = Settings.JSONList.Order.newestFirst
    static let submissionListen = ListenAddress(host: "127.0.0.1", port: 5870)
    /// Relative to the configuration.
    static let submissionPassword = "keys/submission"
    static let track = Settings.Submission.Track.listed
    static let tokens = Settings.Submission.Sharing.shared
    static let short = Settings.Submission.Short.pad
    static let stripQuoted = true
    static let htmlFromText = false
    static let sentCopy = Settings.SentCopy.leave
    static let show = Settings.Show.automatic
    static let keywords: [MarkKey: String] = [
        .tracked: "tracked", .opened: "opened", .openedAgain: "opened-again", .reached: "reached",
        .clicked: "clicked", .replied: "replied", .followUp: "follow-up", .unreliable: "unreliable",
    ]
    static let labels: [MarkKey: String] = [.tracked: "✓", .opened: "✓✓"]
    static let colors: [MarkKey: String] = [.tracked: "grey", .opened: "green"]
    static let fetchesRanges = false
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
    static let addresses = 64
    static let prefixBytes = 40
    /// In the text version a line of it may have no more than 998 octets (RFC 5322 2.1.1), encoded or not.
    static let disclosureBytes = 600
    /// Of a label, which Gmail keeps to 225 characters, and of a folder.
    static let labelBytes = 200
}

private func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
