import MIME
import Testing

@testable import SMTP

struct CommandTests {
    private static let all = Extensions(words: ["pipelining", "8bitmime", "smtputf8", "dsn", "codes", "size=1000"])

    /// The command as it is handed on, or the codes of the refusal.
    private static func mail(_ argument: String, _ extensions: Extensions = all) -> String {
        do throws(Refusal) {
            return escaped(try MailCommand(Array(argument)[...], extensions).line.dropLast(2))
        } catch {
            return codes(error)
        }
    }

    private static func recipient(_ argument: String, _ extensions: Extensions = all, isUTF8: Bool = false) -> String {
        do throws(Refusal) {
            return escaped(try RecipientCommand(Array(argument)[...], extensions, isUTF8: isUTF8).line.dropLast(2))
        } catch {
            return codes(error)
        }
    }

    private static func codes(_ refusal: Refusal) -> String {
        "\(refusal.reply.code) \(refusal.reply.text.prefix { $0 != " " })"
    }

    @Test(arguments: [
        ("FROM:<>", "MAIL FROM:<>"),
        ("from:<a@B.c>", "MAIL FROM:<a@b.c>"),
        ("FROM: <a@b.c>", "MAIL FROM:<a@b.c>"),
        ("FROM:  <a@b.c>", "501 5.1.7"),
        ("FROM :<a@b.c>", "501 5.5.4"),
        ("<a@b.c>", "501 5.5.4"),
        ("", "501 5.5.4"),
        ("TO:<a@b.c>", "501 5.5.4"),
        ("FROM:a@b.c", "501 5.1.7"),
        ("FROM:<a@b.c", "501 5.1.7"),
        ("FROM:<a>", "501 5.1.7"),
        ("FROM:<a b@c.d>", "501 5.1.7"),
        ("FROM:<<a@b.c>>", "501 5.5.4"),
        ("FROM:<<a@b.c>", "501 5.1.7"),
        ("FROM:<a@b.c>SIZE=1", "501 5.5.4"),
        ("FROM:<a@b.c> ", "MAIL FROM:<a@b.c>"),
        ("FROM:<a@b.c>  SIZE=1  RET=full", "MAIL FROM:<a@b.c> SIZE=1 RET=FULL"),
        ("FROM:<\"a> b\"@c.d>", "MAIL FROM:<\"a> b\"@c.d>"),
        ("FROM:<\"a\\\"> b\"@c.d>", "MAIL FROM:<\"a\\\\\"> b\"@c.d>"),
        ("FROM:<\"a\\\"@c.d>", "501 5.1.7"),
        ("FROM:<a@[192.0.2.1]>", "MAIL FROM:<a@[192.0.2.1]>"),
        ("FROM:<@x,@y.z:a@b.c>", "MAIL FROM:<a@b.c>"),
        ("FROM:<@x:@y:a@b.c>", "501 5.1.7"),
        ("FROM:<@x>", "501 5.1.7"),
        ("FROM:<@x y:a@b.c>", "501 5.1.7"),
        ("FROM:<ä@b.c>", "553 5.6.7"),
        ("FROM:<a@ä.c>", "553 5.6.7"),
        ("FROM:<ä@b.c> SMTPUTF8", "MAIL FROM:<ä@b.c> SMTPUTF8"),
    ])
    func readsSenders(_ argument: String, _ expected: String) { #expect(Self.mail(argument) == expected) }

    @Test(arguments: [
        ("TO:<a@b.c>", "RCPT TO:<a@b.c>"), ("to: <a@b.c>", "RCPT TO:<a@b.c>"), ("TO:<>", "501 5.1.3"),
        ("TO:<postmaster>", "501 5.1.3"), ("TO:a@b.c", "501 5.1.3"), ("TO:<@x:a@b.c>", "RCPT TO:<a@b.c>"),
        ("TO:<@x:>", "501 5.1.3"), ("FROM:<a@b.c>", "501 5.5.4"), ("TO:<ä@b.c>", "553 5.6.7"),
    ])
    func readsRecipients(_ argument: String, _ expected: String) { #expect(Self.recipient(argument) == expected) }

    @Test func readsRecipientsInUTF8() {
        #expect(Self.recipient("TO:<ä@b.c>", isUTF8: true) == "RCPT TO:<ä@b.c>")
        let original = "ORCPT=utf-8;ä@b.c"
        #expect(Self.recipient("TO:<ä@b.c> \(original)", isUTF8: true) == "RCPT TO:<ä@b.c> \(original)")
        #expect(Self.recipient("TO:<a@b.c> \(original)") == "555 5.5.4")
    }

    /// `nil`: as it was written.
    @Test(
        arguments: [
            ("SIZE=0", nil), ("size=1000", "SIZE=1000"), ("SIZE=1001", "552 5.3.4"),
            ("SIZE=99999999999999999999", "552 5.3.4"),
            ("SIZE=000000000000000000001", "555 5.5.4"), ("SIZE=-1", "555 5.5.4"), ("SIZE=1x", "555 5.5.4"),
            ("SIZE", "555 5.5.4"), ("SIZE=", "555 5.5.4"), ("SIZE==1", "555 5.5.4"), ("=1", "555 5.5.4"),
            ("SIZE=1 SIZE=1", "501 5.5.4"), ("SIZE=1 size=2", "501 5.5.4"),
            ("BODY=7BIT", nil), ("body=8bitmime", "BODY=8BITMIME"), ("BODY=BINARYMIME", "555 5.5.4"),
            ("BODY", "555 5.5.4"),
            ("SMTPUTF8", nil), ("SMTPUTF8=1", "555 5.5.4"),
            ("RET=HDRS", nil), ("RET=full", "RET=FULL"), ("RET=X", "555 5.5.4"), ("RET", "555 5.5.4"),
            ("ENVID=a+2Bb", nil), ("ENVID=a+b", "555 5.5.4"), ("ENVID=a+2b", "555 5.5.4"), ("ENVID=a+2", "555 5.5.4"),
            ("ENVID=a+0D+0AQUIT", "555 5.5.4"), ("ENVID=a+FF", "555 5.5.4"), ("ENVID=ä", "555 5.5.4"),
            ("ENVID=" + String(repeating: "x", count: 100), nil),
            ("ENVID=" + String(repeating: "x", count: 101), "555 5.5.4"),
            ("AUTH=<>", ""), ("AUTH=a@b.c", ""), ("AUTH=a+2Bb@c.d SIZE=1", "SIZE=1"), ("AUTH=a+b", "555 5.5.4"),
            ("AUTH=<> AUTH=<>", "501 5.5.4"), ("AUTH", "555 5.5.4"),
            ("NOTIFY=NEVER", "555 5.5.4"), ("X=1", "555 5.5.4"), ("-X", "555 5.5.4"), ("S\u{e4}ZE=1", "555 5.5.4"),
        ] as [(String, String?)])
    func readsParametersOfMail(_ text: String, _ expected: String?) {
        let kept = expected ?? text
        let isRefused = kept.hasPrefix("5") && kept.contains(".")
        let line = "MAIL FROM:<a@b.c>" + (kept.isEmpty ? "" : " \(kept)")
        #expect(Self.mail("FROM:<a@b.c> \(text)") == (isRefused ? kept : line))
    }

    @Test(
        arguments: [
            ("NOTIFY=NEVER", nil), ("notify=success,delay", "NOTIFY=SUCCESS,DELAY"),
            ("NOTIFY=SUCCESS,FAILURE,DELAY", nil),
            ("NOTIFY=NEVER,DELAY", "555 5.5.4"), ("NOTIFY=DELAY,DELAY", "555 5.5.4"), ("NOTIFY=DELAY,", "555 5.5.4"),
            ("NOTIFY", "555 5.5.4"), ("NOTIFY=DELAY NOTIFY=DELAY", "501 5.5.4"),
            ("ORCPT=rfc822;a+2Bx@b.c", nil), ("ORCPT=rfc822;a+x@b.c", "555 5.5.4"), ("ORCPT=rfc822", "555 5.5.4"),
            ("ORCPT=;a@b.c", "555 5.5.4"), ("ORCPT=rfc822;", "555 5.5.4"), ("ORCPT=a_b;c", "555 5.5.4"),
            ("ORCPT=rfc822;a+0Ab", "555 5.5.4"), ("ORCPT=rfc822;" + String(repeating: "x", count: 493), nil),
            ("ORCPT=rfc822;" + String(repeating: "x", count: 494), "555 5.5.4"), ("SIZE=1", "555 5.5.4"),
        ] as [(String, String?)])
    func readsParametersOfRecipients(_ text: String, _ expected: String?) {
        let kept = expected ?? text
        #expect(Self.recipient("TO:<a@b.c> \(text)") == (kept.hasPrefix("5") ? kept : "RCPT TO:<a@b.c> \(kept)"))
    }

    @Test(arguments: ["SIZE=1", "BODY=7BIT", "SMTPUTF8", "RET=HDRS", "ENVID=x"])
    func refusesWhatIsNotOffered(_ parameter: String) {
        #expect(Self.mail("FROM:<a@b.c> \(parameter)", Extensions()) == "555 5.5.4")
        #expect(Self.recipient("TO:<a@b.c> NOTIFY=NEVER", Extensions()) == "555 5.5.4")
    }

    @Test(arguments: ["a\r\nb", "a b", "a=b", "", "a\u{85}", "a\0"])
    func noParameterHoldsALine(_ value: String) {
        #expect(Parameter("ENVID", value) == nil)
        #expect(Parameter("X\(value)") == nil || value.isEmpty)
    }

    @Test(arguments: [
        "a@b.c>\r\nRCPT TO:<evil@x.y", "a\n@b.c", "\"a\r\nb\"@c.d", "a@b.c\r\n", "a@b.c> SIZE=1", "a@b.c\0",
    ])
    func noAddressHoldsALine(_ text: String) {
        #expect(EnvelopeAddress(text) == nil)
        #expect(Self.mail("FROM:<\(text)>").hasPrefix("5"))
        #expect(Self.recipient("TO:<\(text)>").hasPrefix("5"))
    }
}
