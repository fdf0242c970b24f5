extension ClientGuide {
    /// NeoMutt's tags are IMAP's keywords: `tag-transforms` gives a sign, `%g` in index_format shows all of them, and
    /// the pattern `~Y` finds them. Versions before 2025 match it against all tags at once, with blanks between.
    static let neomutt = ClientGuide("neomutt", "NeoMutt", .yes, tried: "20220429, 20250510") { looks in
        """
        # For neomuttrc. The signs stand where index_format has %g; yours may look different.
        \(looks.map { "tag-transforms \"\($0.keyword)\" \"\($0.glyph)\"\n" }.joined())\
        set index_format = "%4C %Z %{%b %d} %-20.20L %?g?%g ?%s"

        # The line of a message takes the colour of the strongest evidence: where several match, the last one counts.
        \(looks.reversed().map { "color index \($0.terminalColor) default \"~Y '(^| )\($0.keyword)( |$)'\"\n" }.joined())
        # l ~Y KEYWORD <Enter> lists the messages that have it. <modify-tags> adds and removes:
        # +\(looks.last?.keyword ?? "") says that an open was your own.

        """
    }

    static let mutt = ClientGuide("mutt", "Mutt", .no, tried: "2.2") { _ in
        """
        Mutt keeps keywords on the server and cannot show them; NeoMutt, which reads the same configuration, can:
        see 'sentmark keywords neomutt'. Until then:

            sentmark status --since 7d          in a terminal

        """
    }

    /// Keywords are aerc's labels; `map` turns each into a sign, in a style of its own.
    static let aerc = ClientGuide("aerc", "aerc", .yes, tried: "0.22") { looks in
        let cases = looks.map { "(case `^\($0.keyword)$` \"\($0.keyword)\")" }.joined(separator: " ")
        let signs = looks.map { "(case `^\($0.keyword)$` \"\($0.glyph)\")" }.joined(separator: " ")
        return """
            # aerc shows keywords from 0.22 on; 0.20 takes these lines and leaves the column empty.
            #
            # For aerc.conf, section [ui]: a column for the keywords. Keep your other columns.
            [ui]
            index-columns = date<20,name<20,keywords<8,flags>4,subject<*
            column-keywords = {{map .Labels \(signs) (default "") | join " "}}

            # Or with names in colours, in place of both lines:
            # index-columns = date<20,name<20,keywords<24,flags>4,subject<*
            # column-keywords = {{.StyleMap .Labels \(cases) (default "") | join " "}}

            # For the styleset (~/.config/aerc/stylesets/NAME), used by the second form:
            [user]
            \(looks.map { "\($0.keyword).fg = \($0.color)\n" }.joined())
            # In the list, ':tag +\(looks.last?.keyword ?? "")' says that an open was your own.

            """
    }

    /// Section `tags` of meli.conf(5).
    static let meli = ClientGuide("meli", "meli", .yes, tried: "0.8") { looks in
        """
        # For ~/.config/meli/config.toml. meli shows every keyword as a tag; this gives them colours.
        [tags]
        colors = { \(looks.map { "\"\($0.keyword)\" = \"\($0.color)\"" }.joined(separator: ", ")) }

        """
    }

    static let notmuch = ClientGuide(
        "notmuch", "notmuch and mu4e", .no, aliases: ["mu4e", "mu", "mbsync", "isync"], tried: "0.37"
    ) { _ in
        """
        notmuch and mu4e read Maildirs, and there they find no keywords: mbsync (isync) brings none, and OfflineIMAP puts
        them into letters of the file names, which neither understands. notmuch can be told by Message-ID, after each
        synchronisation:

            sentmark status --state opened --limit 100000 --json |
              jq -r '.messages[] | select(.message_id).message_id | "+opened -- id:\\(.)"' | notmuch tag --batch

        For mu4e there is 'sentmark status'.

        """
    }
}
