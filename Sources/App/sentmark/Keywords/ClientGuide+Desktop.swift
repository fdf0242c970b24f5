extension ClientGuide {
    /// `mailnews.tags.KEY.tag`, `.color`, `.ordinal`; keys are lower case. A keyword without a tag is not shown.
    static let thunderbird = ClientGuide(
        "thunderbird", "Thunderbird", .yes, aliases: ["tb", "betterbird"], tried: "153"
    ) { looks in
        """
        // Put these lines into the file user.js in Thunderbird's profile folder (Help > More Troubleshooting
        // Information > Profile Folder > Open), and start Thunderbird again. They are tags from then on: a message has
        // the colour of its strongest evidence. For the names, switch the column "Tags" on: the symbol at the right end
        // of the column heads of the Sent folder.

        """
            + looks.enumerated().map { index, look in
                let key = "mailnews.tags.\(look.keyword)"
                return """
                    user_pref("\(key).tag", "\(look.label)");
                    user_pref("\(key).color", "\(look.color)");
                    user_pref("\(key).ordinal", "sentmark\(index)");

                    """
            }.joined()
    }

    /// The list `labels` of org.gnome.evolution.mail: each `NAME:COLOR|KEYWORD`.
    static let evolution = ClientGuide("evolution", "Evolution", .yes, tried: "3.46") { looks in
        let labels = looks.map { "'\($0.label):\($0.color)|\($0.keyword)'" }.joined(separator: ", ")
        return """
            # Close Evolution, run these lines in a shell once, and open it again. They add labels to those you have;
            # to undo: Edit > Preferences > Mail Preferences > Labels.
            old=$(gsettings get org.gnome.evolution.mail labels)
            case $old in *"|"*) old="${old%]}, " ;; *) old="[" ;; esac
            gsettings set org.gnome.evolution.mail labels "$old\(labels)]"

            """
    }

    static let claws = ClientGuide("claws", "Claws Mail", .yes, aliases: ["claws-mail"], tried: "4.1") { looks in
        """
        Claws Mail makes a tag of every keyword that it meets. To see them, click with the right button on a column head of
        the Sent folder, choose "Set displayed columns", and add "Tags". The tags are named as the keywords are:

        \(looks.map { "    \($0.keyword)\n" }.joined())
        Message > Tags > Modify tags... makes one that is on no message yet, such as \(looks.last?.keyword ?? "").

        """
    }

    static let kmail = ClientGuide("kmail", "KMail", .yes, aliases: ["kontact"]) { looks in
        """
        KMail keeps the tags of IMAP messages as keywords and makes a tag for each keyword that it meets. Give them names
        and colours: Settings > Configure KMail > Appearance > Message Tags. The keywords are:

        \(looks.map { "    \($0.keyword)  (\($0.label), \($0.color))\n" }.joined())
        """
    }

    static let mailmate = ClientGuide("mailmate", "MailMate", .yes) { looks in
        """
        In MailMate a tag has a name and the IMAP keyword that it stands for: Preferences > Tags. Add:

        \(looks.map { "    \($0.label)  keyword \($0.keyword)\n" }.joined())
        """
    }

    /// Apple's seven flag colours are `\Flagged` with `$MailFlagBit0…2`; it shows no other keyword.
    static let appleMail = ClientGuide("applemail", "Apple Mail", .no, aliases: ["apple-mail", "mail.app", "ios"]) {
        _ in
        """
        Apple Mail, on the Mac and on the iPhone, shows no IMAP keywords but the colours of its flags. Sentmark sets these
        if the account in its configuration asks for it, and never on a message that you have flagged yourself:

            show = ["keywords", "colours"]

        Which colour means what is in [colours]. An account without that is seen in a terminal:

            sentmark status --since 7d

        """
    }

    static let outlook = ClientGuide("outlook", "Outlook", .no, aliases: ["exchange", "office365"]) { _ in
        """
        Outlook shows no IMAP keywords, and mailboxes on Exchange, Microsoft 365 and Outlook.com do not store them:
        'sentmark doctor' says so for such an account, and 'sentmark status' lists the keyword as not kept. What was
        found out is kept all the same:

            sentmark status --since 7d          in a terminal
            sentmark status --json              for a program of your own

        In Outlook itself a folder can show it: with this in the account, opened messages are copied there.

            copy_opened_to = "Opened"

        """
    }

    static let geary = ClientGuide("geary", "Geary", .no) { _ in
        """
        Geary keeps keywords and has no place to show them. Use another program on the same account beside it, or:

            sentmark status --since 7d          in a terminal

        """
    }
}
