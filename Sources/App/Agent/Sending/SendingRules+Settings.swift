import MIME
import Outgoing
import Settings
import Tokens

extension SendingRules {
    /// What holds for one account's mail. `isOurs` says whether a key of ours has signed a token.
    package init(
        _ settings: Settings.Submission, _ account: Settings.Account, among accounts: [Settings.Account],
        pixelURL: String, credential: StreamCredential, level: Settings.PrivacyLevel, isOurs: @escaping TokenPredicate
    ) {
        let level = PrivacyLevel(level)
        self.init(
            policy: TrackingPolicy(settings, account, among: accounts),
            injector: Injector(options: InjectionOptions(settings), isOwn: isOurs),
            sharing: settings.tokens == .each ? .each : .shared, pictureBase: pixelURL
        ) { message, recipient in
            Token.mint(
                stream: credential.stream, epoch: credential.epoch, key: credential.streamKey, message: message,
                recipient: recipient, level: level)
        }
    }
}

extension TrackingPolicy {
    fileprivate init(
        _ settings: Settings.Submission, _ account: Settings.Account, among accounts: [Settings.Account]
    ) {
        self.init()
        track =
            switch settings.track {
            case .never: .never
            case .listed: .listed
            case .always: .always
            }
        recipients = settings.recipients.compactMap { AddressPattern($0) }
        exclude = settings.exclude.compactMap { AddressPattern($0) }
        own = account.addresses.compactMap { EnvelopeAddress($0) }
        ownDomains =
            settings.ownDomains.map(Set.init)
            ?? OwnDomains.of(accounts.flatMap(\.addresses).compactMap { EnvelopeAddress($0) })
        subjectPrefix = settings.subjectPrefix
        plusTag = settings.plusTag
    }
}

extension InjectionOptions {
    fileprivate init(_ settings: Settings.Submission) {
        self.init()
        short =
            switch settings.short {
            case .pad: .pad
            case .skip: .skip
            case .inject: .inject
            }
        stripQuoted = settings.stripQuoted
        htmlFromText = settings.htmlFromText
        disclosure = settings.disclosure
    }
}

extension PrivacyLevel {
    package init(_ level: Settings.PrivacyLevel) {
        switch level {
        case .minimal: self = .minimal
        case .pseudonymous: self = .pseudonymous
        case .detailed: self = .detailed
        }
    }
}
