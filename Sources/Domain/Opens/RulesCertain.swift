/// What needs no weighing, and who the sender is.
extension Rules {
    static let certain: [Rule] = [
        // The MAC covers message and recipient; a lifted or invented token does not verify.
        Rule(
            "forged-token", .forged, p: 0, confidence: 0.99,
            "The token was not issued by this sender, or not for this message: someone made it up."
        ) { $0.hit.signals.contains(.tokenForged) },
        // gophish 973: scanners insert path parts and append quotes.
        Rule(
            "damaged-token", .forged, p: 0, confidence: 0.97,
            "The address of the pixel was changed on the way, as scanners do when they probe."
        ) { $0.hit.signals.contains(.tokenDamaged) },
        Rule(
            "sent-copy", .own, p: 0, confidence: 0.99,
            "This token exists only in the sender's own copy, so it was the sender who looked, on whatever device."
        ) { $0.isSendersCopy },
        Rule(
            "own-recipient", .own, p: 0, confidence: 0.97,
            "This token was issued to one of the sender's own addresses."
        ) { $0.isOwnRecipient },
        // Mail programs load images with GET and nothing else.
        Rule(
            "foreign-method", .forged, p: 0, confidence: 0.95,
            "No mail program sends such a request for an image."
        ) { $0.isForeignMethod },
        // Mailspring 1494: the bounce shows the pixel, and whoever looks at it is the sender.
        Rule(
            "undelivered", .own, p: 0.03, confidence: 0.9,
            "The mail came back undelivered: nobody has it but you, in Sent and in the report."
        ) { $0.isUndelivered && ($0.isAfterReport || [.own, .ownNeighbour].contains($0.role)) && !$0.isProbe },
        Rule(
            "undelivered-on-the-way", .securityScanner, p: 0.03, confidence: 0.88,
            "The mail came back undelivered later: what loaded the pixel on the way was a machine."
        ) { $0.isUndelivered && !$0.isAfterReport && !$0.isProbe },
        // Own network, other client, recipient of the own domain: own-address filters hide a colleague's real open.
        Rule(
            "own-network-colleague", .person, p: 0.7, confidence: 0.7,
            "It came from the sender's own network, but with a client that the sender does not use, and the recipient "
                + "belongs to the same organisation: probably a colleague."
        ) {
            $0.role == .own && $0.isForeignClient && $0.sender.sharesDomain && $0.isMailProgramOrBrowser && !$0.isProbe
        },
        Rule(
            "own-network-shared", .own, p: 0.4, confidence: 0.55,
            "It came from the sender's own network, which the recipient may share: either may have looked."
        ) { $0.role == .own && $0.sender.clients.isEmpty && $0.sender.sharesDomain && !$0.isProbe },
        Rule(
            "own-network", .own, p: 0.03, confidence: 0.93,
            "It came from a network that the sender has lately used."
        ) { $0.role == .own },
    ]

    /// What others say of a request, and tables of what machines say of themselves.
    static let machines: [Rule] = [
        // Mailgun's client-info.bot "apple" and "gmail", SparkPost's is_prefetched: they see more of a request than they
        // pass on.
        Rule(
            "reported-prefetch", .machinePrefetch, p: 0.1, confidence: 0.85,
            "The provider that sent the mail says that a mail program or its provider fetched it ahead."
        ) { $0.hit.signals.contains(.reportedPrefetch) },
        Rule(
            "reported-machine", .securityScanner, p: 0.03, confidence: 0.85,
            "The provider that sent the mail says that a machine fetched it."
        ) { $0.hit.signals.contains(.reportedMachine) },
        // EOP endpoint sets 9 and 10, Barracuda EGD: nobody reads mail from there, not even a day later (Safe Links
        // detonates asynchronously).
        Rule(
            "mail-filter", .securityScanner, p: 0, confidence: 0.97,
            "It came from the servers of a mail filter, from which nobody reads mail."
        ) { $0.role == .mailFilter },
        Rule(
            "honeypot", .securityScanner, p: 0, confidence: 0.97,
            "It followed a link that no person can see."
        ) { $0.hit.signals.contains(.honeypot) },
        Rule(
            "office-discovery", .machinePrefetch, p: 0, confidence: 0.95,
            "Office asked whether the address exists; it does so without showing anything."
        ) { $0.kind == .discovery },
        // laravel-passwordless-login 79: GET and HEAD in turns.
        Rule(
            "probe-from-hosting", .securityScanner, p: 0, confidence: 0.93,
            "It only asked whether the image exists, from rented servers, as scanners do."
        ) { $0.isProbe && [.hosting, .securityVendor, .unknown, .vpn].contains($0.role) },
        Rule(
            "probe", .machinePrefetch, p: 0, confidence: 0.9,
            "It only asked whether the image exists and did not load it."
        ) { $0.isProbe },
        // Fetch standard and resource hints.
        Rule(
            "prefetch-header", .machinePrefetch, p: 0, confidence: 0.95,
            "The request itself said that it fetches ahead and that nobody is looking yet."
        ) { $0.hit.signals.contains(.purposePrefetch) },
        // Bird/SparkPost 2022: 1–6 % of Gmail's fetches, distinct from and before the real one.
        Rule(
            "gmail-prefetch", .machinePrefetch, p: 0.02, confidence: 0.93,
            "Gmail fetched ahead while the mailbox was open; the reading itself shows as a fetch of its own."
        ) { $0.kind == .prefetcher },
        Rule(
            "link-preview", .machinePrefetch, p: 0, confidence: 0.93,
            "A chat service fetched it to draw a preview."
        ) { $0.kind == .preview },
        Rule(
            "automation", .securityScanner, p: 0.02, confidence: 0.93,
            "The client calls itself a script, a library, a crawler or a browser without a window."
        ) { $0.kind == .automation },
    ]

    /// What only the whole history shows.
    static let sequences: [Rule] = [
        Rule(
            "damaged-sibling", .securityScanner, p: 0, confidence: 0.95,
            "The same source also tried a damaged copy of a token within a minute."
        ) { $0.sequence.contains(.damagedSibling) && $0.role != .access },
        Rule(
            "took-bait", .securityScanner, p: 0, confidence: 0.95,
            "The same source also followed a link that no person can see, within a minute."
        ) { $0.sequence.contains(.tookBait) },
        // SendGrid: one address, many recipients.
        Rule(
            "many-tokens", .securityScanner, p: 0.03, confidence: 0.9,
            "The same source fetched the pixels of five or more recipients within seconds."
        ) { $0.sequence.contains(.manyTokens) },
        // Marketo: several activities within 0–3 s; craft-campaign 546: links are swept within a second. A person's own
        // line is spared: who downloads pictures by clicking may click a link at once.
        Rule(
            "link-at-once", .securityScanner, p: 0.05, confidence: 0.85,
            "The same source loaded the pixel and followed a link within three seconds, faster than a person reads."
        ) { $0.sequence.contains(.linkAtOnce) },
        // mautic 16263: some 23 hits from 10 addresses in 15 s, all with browsers' names.
        Rule(
            "network-burst", .securityScanner, p: 0.03, confidence: 0.93,
            "Three or more networks fetched the same pixel within two minutes: one scanner with many exits."
        ) { $0.sequence.contains(.burst) },
        // onetimesecret 359: Amazon and a transit provider together.
        Rule(
            "hosting-pair", .securityScanner, p: 0.05, confidence: 0.88,
            "Two hosting companies' networks fetched the same pixel within two minutes."
        ) { $0.sequence.contains(.hostingPair) },
        Rule(
            "probe-then-fetch", .securityScanner, p: 0.05, confidence: 0.88,
            "The same source also asked whether the image exists, within a minute."
        ) { $0.sequence.contains(.probed) },
    ]

    /// The sender, by what only the sender's own agent can know.
    static let own: [Rule] = [
        // No other tracker sees both sides. Not certain: the recipient may read in the same half minute.
        Rule(
            "own-activity", .own, p: 0.15, confidence: 0.75,
            "The sender touched the message in the mailbox within half a minute of it."
        ) { $0.isOwnActivity && ![.hosting, .securityVendor].contains($0.role) && !$0.isApplePreload },
        Rule(
            "own-network-neighbour", .own, p: 0.25, confidence: 0.7,
            "It came from beside a network of the sender's, with a client that the sender uses: probably the same line "
                + "with a new address."
        ) { $0.role == .ownNeighbour && !$0.isForeignClient },
        Rule(
            "own-network-neighbour-other", .person, p: 0.5, confidence: 0.5,
            "It came from beside a network of the sender's, with a client that the sender is not known to use."
        ) { $0.role == .ownNeighbour },
        Rule(
            "shared-with-sender", .own, p: 0.5, confidence: 0.5,
            "The sender is a recipient too and the message has one token for all, so either may have looked."
        ) { ($0.sender.isRecipient || $0.shownBy.contains(.copy)) && $0.mayBeSender },
        // Mailspring's BG NOTE HMID: a reply can carry the sender's own pixel.
        Rule(
            "quoted-in-reply", .own, p: 0.45, confidence: 0.5,
            "A reply in your inbox quotes the pixel, so it may be you who looked at that."
        ) { $0.shownBy.contains(.reply) && $0.mayBeSender },
        Rule(
            "quoted-elsewhere", .person, p: 0.45, confidence: 0.5,
            "Somebody who is no recipient has sent you mail with this pixel: it goes round, and whoever looks, a third "
                + "person or you, need not be the recipient."
        ) { $0.shownBy.contains(.forward) && $0.mayBeSender },
        Rule(
            "quoted-by-machine", .own, p: 0.45, confidence: 0.5,
            "An automatic answer in your inbox, or a mail server's report, quotes the pixel, so it may be you who looked "
                + "at that."
        ) { $0.shownBy.contains(.automatic) && $0.mayBeSender },
    ]
}
