import Secrets
import Testing

@testable import Submission

@Suite struct PasswordTests {
    /// `sendmail -bs` has none, and whoever started it may give one all the same.
    @Test(arguments: [
        ("secret", "secret", true), ("secret", "secreT", false), ("secret", "secretsecret", false),
        ("secret", "", false), ("", "x", false), ("x", "xx", false),
    ])
    func isTheRightOneAlone(_ right: String, _ given: String, _ isRight: Bool) {
        #expect(SubmissionAccounts([], password: Secret(right)).isPassword(Secret(given)) == isRight)
    }
}
