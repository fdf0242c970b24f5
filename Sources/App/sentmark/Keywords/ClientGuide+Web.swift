extension ClientGuide {
    /// The plug-in thunderbird_labels knows keywords in upper case. Its menu sets `LABELn` by the place in the list.
    static let roundcube = ClientGuide("roundcube", "Roundcube", .yes, tried: "1.6") { looks in
        """
        <?php
        // Needs the plug-in thunderbird_labels, 1.6 or newer (Debian 13: roundcube-plugin-thunderbird-labels), in
        // Roundcube's configuration: $config['plugins'][] = 'thunderbird_labels';
        // These lines go into the plug-in's config.inc.php. Keywords are in upper case there, and LABEL0 to LABEL5 have to
        // be listed too. The form "badges" shows the names; Debian 12's plug-in does not know it: with "bullets" it shows a
        // dot for each keyword. The plug-in's menu can set LABEL1 to LABEL5 alone: \(looks.last?.keyword ?? "") is set elsewhere.
        $config['tb_label_enable'] = true;
        $config['tb_label_style'] = 'badges';
        $config['tb_label_custom_labels'] = array(
            'LABEL0' => 'No label', 'LABEL1' => 'Important', 'LABEL2' => 'Work', 'LABEL3' => 'Personal',
            'LABEL4' => 'To do', 'LABEL5' => 'Later',
        \(looks.map { "    '\($0.keyword.uppercased())' => '\($0.label)',\n" }.joined()));

        """
    }

    static let nextcloud = ClientGuide("nextcloud", "Nextcloud Mail", .byItself) { looks in
        """
        Nextcloud Mail makes a tag of every keyword that it meets and shows it, with the keyword as its name:

        \(looks.map { "    \($0.keyword)\n" }.joined())
        To change a name or colour, open the menu of a message that has it: Edit tags.

        """
    }

    static let gmail = ClientGuide("gmail", "Gmail in the browser", .no, aliases: ["googlemail"]) { _ in
        """
        Gmail stores the keywords and shows them in none of its own programs: there only labels are seen. Sentmark sets
        labels if the account in its configuration asks for it:

            show = ["keywords", "labels"]

        ✓ and ✓✓ then stand beside the subject, in the browser and on the telephone. Other names are in [labels]. The
        keywords are shown by any other program on the same account, by IMAP: Thunderbird for example.

        """
    }

    static let fairemail = ClientGuide("fairemail", "FairEmail (Android)", .yes) { looks in
        """
        In FairEmail: Settings > Display > Message header > "Show keywords in message header". A keyword's colour and
        title are set in the message's menu: More > Manage keywords. The keywords are:

        \(looks.map { "    \($0.keyword)  (\($0.label), \($0.color))\n" }.joined())
        """
    }

    static let thunderbirdAndroid = ClientGuide(
        "thunderbird-android", "Thunderbird for Android, K-9 Mail", .no, aliases: ["k9", "k9mail", "k-9 mail"]
    ) { _ in
        """
        Thunderbird for Android and K-9 Mail show no keywords yet. On Android FairEmail does: see
        'sentmark keywords fairemail'. Thunderbird on a computer does as well, on the same account.

        """
    }
}
