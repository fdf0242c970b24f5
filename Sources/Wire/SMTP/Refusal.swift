/// The session's own answer to what it does not pass on.
struct Refusal: Error, Equatable {
    let reply: Reply

    init(_ code: Int, _ enhanced: String, _ text: String) { reply = Reply(code, enhanced, text) }

    static let parameter = Refusal(555, "5.5.4", "a parameter that is not offered, or not in its form")
    static let utf8 = Refusal(553, "5.6.7", "an address that is not ASCII needs SMTPUTF8")
    static let argument = Refusal(501, "5.5.4", "this command takes no argument")
    static let line = Refusal(500, "5.5.2", "a line is text that ends with CRLF")
    static let unknown = Refusal(500, "5.5.2", "no such command")
    static let base64 = Refusal(501, "5.5.2", "the response is not base64 of what the mechanism asks for")
}
