extension ClientGuide {
    /// NeoMutt's tags are IMAP's keywords: `tag-transforms` gives a sign, `%g` in index_format shows all of them, and
    /// the pattern `~Y` finds them.
    static let neomutt = ClientGuide("neomutt", "NeoMutt", .yes) { looks in
        """
        # For neomuttrc. The signs stand where index_format has %g; yours may look different.
        \(looks.map { "tag-transforms \"\($0.keyword)\" \"\($0.glyph)\"\n" }.joined())\
        set index_format = "%4C %Z %{%b %d} %-20.20L %?g?%g ?%s"

        # The line of a message takes the colour of the strongest evidence: where several match, the last one counts.
        \(looks.reversed().map { "color index \($0.terminalColor) default \"~Y '^\($0.keyword)$'\"\n" }.joined())
        # l ~Y opened <Enter> lists what was opened. <modify-tags> adds and removes: +\(looks.last?.keyword ?? "") says
        # that an open was your own.

        """
    }

    static let mutt = ClientGuide("mutt", "Mutt", .no) { _ in
        """
        Mutt keeps keywords on the server and cannot show them; NeoMutt, which reads the same configuration, can:
        see 'sentmark keywords neomutt'. Until then:

            sentmark status --since 7d          in a terminal

        """
    }

    /// Flags that aerc does not know are labels; `map` turns each into a sign, in a style of its own.
    static let aerc = ClientGuide("aerc", "aerc", .yes) { looks in
        let cases = looks.map { "(case `^\($0.keyword)$` \"\($0.keyword)\")" }.joined(separator: " ")
        let signs = looks.map { "(case `^\($0.keyword)$` \"\($0.glyph)\")" }.joined(separator: " ")
        return """
            # For aerc.conf, section [ui]: a column for the keywords. Keep your other columns.
            [ui]
            index-columns = date<20,name<20,keywords<8,flags>4,subject<*
            column-keywords = {{map .Labels \(signs) (default "") | join " "}}

            # Or with names in colours, in its place:
            # column-keywords = {{.StyleMap .Labels \(cases) (default "") | join " "}}

            # For the styleset (~/.config/aerc/stylesets/NAME), used by the second form:
            [user]
            \(looks.map { "\($0.keyword).fg = \($0.color)\n" }.joined())
            # In the list, ':tag +\(looks.last?.keyword ?? "")' says that an open was your own.

            """
    }

    /// Section `tags` of meli.conf(5).
    static let meli = ClientGuide("meli", "meli", .yes) { looks in
        """
        # For ~/.config/meli/config.toml. meli shows every keyword as a tag; this gives them colours.
        [tags]
        colors = { \(looks.map { "\"\($0.keyword)\" = \"\($0.color)\"" }.joined(separator: ", ")) }

        """
    }

    static let notmuch = ClientGuide("notmuch", "notmuch and mu4e", .no, aliases: ["mu4e", "mu", "mbsync", "isync"]) {
        looks in
        """
        notmuch and mu4e see what the synchroniser brings. mbsync (isync) brings no keywords; OfflineIMAP does, into letters
        of Maildir file names, as its repository section says:

        \(zip("abcdefghijklmnopqrstuvwxyz", looks).map { "    customflag_\($0) = \($1.keyword)\n" }.joined())
        With mbsync, tag by Message-ID instead:

            sentmark status --state opened --limit 100000 --json |
              jq -r '.messages[] | select(.message_id).message_id | "+opened -- id:\\(.)"' | notmuch tag --batch

        """
    }
}
