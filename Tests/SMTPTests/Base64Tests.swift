import Testing

@testable import SMTP

struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar"), ("AGEAYg==", "\0a\0b"),
    ])
    func decodes(_ text: String, _ bytes: String) {
        #expect(Base64.decode(Array(text.utf8)) == Array(bytes.utf8))
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8", "=", "====", "Z===", "Zg==Zg==", "Zm9v\n", "Z-9v", " Zm9v",
    ])
    func refuses(_ text: String) { #expect(Base64.decode(Array(text.utf8)) == nil) }
}
