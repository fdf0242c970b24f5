import Foundation
import Testing

@testable import MIME

@Suite struct DateTimeTextTests {
    @Test(arguments: [
        (0, "Thu, 1 Jan 1970 00:00:00 +0000"),
        (1_795_666_751, "Thu, 26 Nov 2026 04:19:11 +0000"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
        (951_868_799, "Tue, 29 Feb 2000 23:59:59 +0000"),
        (4_107_542_400, "Mon, 1 Mar 2100 00:00:00 +0000"),
        (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
        (-11_676_096_000, "Sat, 1 Jan 1600 00:00:00 +0000"),
    ])
    func writesADate(_ seconds: Int, _ text: String) {
        #expect(DateTime.text(Date(timeIntervalSince1970: Double(seconds))) == text)
    }

    @Test func readsWhatItWrites() {
        for day in stride(from: -30_000, to: 60_000, by: 17) {
            let date = Date(timeIntervalSince1970: Double(day * 86_400 + day.magnitude.description.count * 3_661))
            #expect(DateTime.parse(Array(DateTime.text(date).utf8)) == date)
        }
    }
}
