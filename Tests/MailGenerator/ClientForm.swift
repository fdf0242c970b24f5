/// How a mail program writes a reply: what stands before the place for a picture, and the quotation after it.
///
/// `%T` is the new text, `%Q` the quoted one.
package struct ClientForm: Sendable {
    package let name: String
    package let before: String
    package let after: String

    private init(_ name: String, _ before: String, _ after: String) {
        self.name = name
        self.before = before
        self.after = after
    }

    package static let all: [ClientForm] = named + plain + traps

    private static let wrote = "On Mon, Nov 23, 2026 at 9:00 AM Vera &lt;vera@example.net&gt; wrote:"

    private static let named: [ClientForm] = [
        ClientForm(
            "Gmail", "<div dir=\"ltr\">%T</div><br>",
            "<div class=\"gmail_quote gmail_quote_container\"><div dir=\"ltr\" class=\"gmail_attr\">\(wrote)<br></div>"
                + "<blockquote class=\"gmail_quote\" style=\"margin:0px 0px 0px 0.8ex;border-left:1px solid "
                + "rgb(204,204,204);padding-left:1ex\">%Q</blockquote></div>\n"),
        ClientForm(
            "Gmail, forward", "<div dir=\"ltr\">%T<br><br>",
            "<div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">---------- Forwarded message ---------<br>"
                + "</div>%Q</div></div>\n"),
        ClientForm(
            "Outlook for Windows",
            "<html xmlns:o=\"urn:schemas-microsoft-com:office:office\"><head><style><!--\np.MsoNormal {margin:0in;}\n"
                + "--></style><!--[if gte mso 9]><xml>\n<o:shapedefaults v:ext=\"edit\" /></xml><![endif]--></head>\n"
                + "<body lang=EN-US link=\"#0563C1\"><div class=WordSection1>\n<p class=MsoNormal>%T<o:p></o:p></p>\n"
                + "<p class=MsoNormal><o:p>&nbsp;</o:p></p>\n<div>",
            "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'><p class=MsoNormal><b>"
                + "From:</b> Vera<br></p></div></div>\n%Q</div></body></html>\n"),
        ClientForm(
            "Outlook for Windows, indented",
            "<html><body lang=DE><div class=WordSection1><p class=MsoNormal>%T<o:p></o:p></p>",
            "<div style='border:none;border-left:solid blue 1.5pt;padding:0cm 0cm 0cm 4.0pt'>"
                + "<p class=MsoNormal>%Q</p></div></div></body></html>"),
        ClientForm(
            "Outlook on the web",
            "<html><head>\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=iso-8859-1\">\n"
                + "<style type=\"text/css\" style=\"display:none;\"> P {margin-top:0;} </style>\n</head>\n"
                + "<body dir=\"ltr\">\n<div class=\"elementToProof\" style=\"font-size: 12pt;\">%T</div>\n",
            "<div id=\"appendonsend\"></div>\n<hr style=\"display:inline-block;width:98%\" tabindex=\"-1\">"
                + "<div id=\"divRplyFwdMsg\" dir=\"ltr\"><b>From:</b> Vera</div>\n%Q</body></html>\n"),
        ClientForm(
            "Outlook for phones",
            "<html><head></head><body><div style=\"font-family:Aptos\">%T</div><div id=\"ms-outlook-mobile-signature\">Me</div>",
            "<div id=\"mail-editor-reference-message-container\" class=\"ms-outlook-mobile-reference-message\">"
                + "<hr><b>From:</b> Vera %Q</div></body></html>"),
        ClientForm(
            "Apple Mail",
            "<html><head><meta http-equiv=\"content-type\" content=\"text/html; charset=utf-8\"></head>"
                + "<body style=\"overflow-wrap: break-word;\">%T<br id=\"lineBreakAtBeginningOfMessage\"><div><br>",
            "<blockquote type=\"cite\"><div>\(wrote)</div><br class=\"Apple-interchange-newline\"><div>%Q</div>"
                + "</blockquote></div><br></body></html>"),
        ClientForm(
            "Apple Mail for phones",
            "<html><head></head><body dir=\"auto\">%T<br><div dir=\"ltr\"></div><div dir=\"ltr\"><br>",
            "<blockquote type=\"cite\">\(wrote)<br><br></blockquote></div><blockquote type=\"cite\"><div dir=\"ltr\">%Q"
                + "</div></blockquote></body></html>"),
        ClientForm(
            "Thunderbird",
            "<!DOCTYPE html>\n<html>\n  <head>\n    <meta charset=\"UTF-8\">\n  </head>\n  <body>\n    <p>%T</p>\n    ",
            "<div class=\"moz-cite-prefix\">\(wrote)<br>\n    </div>\n    <blockquote type=\"cite\"\n      "
                + "cite=\"mid:1@example.net\">%Q</blockquote>\n  </body>\n</html>\n"),
        ClientForm(
            "Thunderbird, answer below",
            "<!DOCTYPE html>\n<html><head></head>\n  <body>\n    ",
            "<div class=\"moz-cite-prefix\">\(wrote)</div><blockquote type=\"cite\">%Q</blockquote>\n<p>%T</p></body></html>"
        ),
        ClientForm(
            "Thunderbird, forward", "<html><head></head><body><p>%T</p>",
            "<div class=\"moz-forward-container\"><br>-------- Forwarded Message --------<table><tr><th>Subject:</th></tr>"
                + "</table>%Q</div></body></html>"),
        ClientForm(
            "Roundcube",
            "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\" /></head>"
                + "<body style='font-size: 10pt; font-family: Verdana,Geneva,sans-serif'>\n<p>%T</p>\n",
            "<p id=\"reply-intro\">\(wrote)</p>\n<blockquote type=\"cite\" style=\"padding: 0 0.4em; border-left: #1010ff "
                + "2px solid; margin: 0\">%Q</blockquote>\n</body></html>\n"),
        ClientForm(
            "Mailspring", "<div>%T</div><br/>",
            "<div class=\"gmail_quote_attribution\">\(wrote)</div><blockquote class=\"gmail_quote\">%Q</blockquote>"),
        ClientForm(
            "K-9", "<!DOCTYPE html><html><head></head><body dir='auto'>%T<br><br>",
            "<div class='gmail_quote'>\(wrote)<blockquote class='gmail_quote' style='margin: 0pt 0pt 0pt 0.8ex;'>%Q"
                + "</blockquote></div></body></html>"),
        ClientForm(
            "Yahoo",
            "<html><head></head><body><div class=\"ydp1a2b3cyahoo-style-wrap\" style=\"font-size:13px;\"><div>%T</div></div>",
            "<div id=\"ydp9f8e7dyahoo_quoted_1234567890\" class=\"ydp9f8e7dyahoo_quoted\"><div>\(wrote)</div>%Q</div>"
                + "</body></html>"),
        ClientForm(
            "Proton",
            "<div style=\"font-family: Arial; font-size: 14px;\">%T</div><div class=\"protonmail_signature_block\">Me</div>",
            "<div class=\"protonmail_quote\">\(wrote)<blockquote class=\"protonmail_quote\" type=\"cite\">%Q</blockquote>"
                + "</div>"),
        ClientForm(
            "Zimbra", "<html><body><div style=\"font-size: 12pt\"><div>%T</div><div><br></div>",
            "<hr id=\"zwchr\" data-marker=\"__DIVIDER__\"><div data-marker=\"__HEADERS__\"><b>From: </b>Vera</div>"
                + "<div data-marker=\"__QUOTED_TEXT__\">%Q</div></div></body></html>"),
        ClientForm(
            "Zoho", "<div><div>%T</div></div>",
            "<div class=\"zmail_extra\">\(wrote)<blockquote id=\"blockquote_zmail\">%Q</blockquote></div>"),
    ]

    private static let plain: [ClientForm] = [
        ClientForm("a new message", "<html><body><p>%T</p>", "</body></html>\n"),
        ClientForm("without a body element", "<div>%T</div>", "</html>\n"),
        ClientForm("a fragment", "<p>%T</p>", "\n"),
        ClientForm("bare text", "%T", ""),
        ClientForm(
            "upper case", "<HTML><BODY BGCOLOR=WHITE><P>%T", "<BLOCKQUOTE TYPE=CITE>%Q</BLOCKQUOTE></BODY></HTML>"),
        ClientForm("table", "<table><tr><td>%T</td></tr></table>", "</BODY>"),
    ]

    private static let traps: [ClientForm] = [
        ClientForm(
            "odd spelling", "<div>%T</div>",
            "<div\n\tstyle = \"color:red\"\n\tclass\n=\n'x  gmail_quote' id=>%Q</div>"),
        ClientForm(
            "the same attribute twice", "<div class=x class=gmail_quote>%T</div>", "<blockquote>%Q</blockquote>"),
        ClientForm(
            "comments",
            "<body><!-- </body> <blockquote> --> <p>%T</p><!--[if !mso]><!--><p>x</p><!--<![endif]--><!-- -- > -->",
            "</body>"),
        ClientForm(
            "attributes that hold markup", "<body><p title=\"</body><blockquote>\" class='a>b'>%T<a href=/x>y/</a></p>",
            "<blockquote>%Q</blockquote></body>"),
        ClientForm(
            "text that is not markup",
            "<head><title>a < b</title><script>if (a<b) x = \"<body>\";</script><style>blockquote > p {}</style></head>"
                + "<body><textarea> < </textarea><p>1 < 2 <3 & <> </> <?php > %T</p>",
            "</body>"),
        ClientForm(
            "elements that are not shown", "<template><blockquote>x</template><svg><path d='M0'/></svg><p>%T</p>",
            "</body>"),
        ClientForm("conditional", "<p>%T</p><![if !mso]><p>x</p><![endif]>", "<blockquote>%Q</blockquote>"),
        ClientForm("nothing closed", "<html><body><div><table><tr><td><b><i>%T", "<blockquote>%Q"),
    ]
}
