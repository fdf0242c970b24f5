import Testing

@testable import SentSync

struct LoginPaceTests {
    struct Case: Sendable {
        /// Seconds at which the account has logged in.
        let logins: [Int]
        let now: Int
        let wait: Int
    }

    @Test(arguments: [
        Case(logins: [], now: 0, wait: 0),
        Case(logins: [0], now: 0, wait: 0),
        Case(logins: [0, 1], now: 2, wait: 118),
        Case(logins: [0, 100], now: 119, wait: 1),
        Case(logins: [0, 100], now: 120, wait: 0),
        Case(logins: [0, 100, 120], now: 130, wait: 90),
        Case(logins: [0, 1], now: 5000, wait: 0),
    ])
    func twiceInTwoMinutes(_ fixture: Case) {
        var pace = LoginPace()
        for second in fixture.logins { pace.loggedIn(now: .seconds(second)) }
        #expect(pace.wait(now: .seconds(fixture.now)) == .seconds(fixture.wait))
    }

    @Test(arguments: [(1, 0.99, 0), (8, 0.99, 0), (9, 0.5, 45), (1000, 0.5, 5000), (10_000, 0.999, 29_970)])
    func manyDoNotBeginAtOnce(_ accounts: Int, _ random: Double, _ milliseconds: Int64) {
        #expect(LoginPace.startDelay(accounts: accounts, random: random) == .milliseconds(milliseconds))
    }
}

struct SleepWatchTests {
    /// Both clocks at each look, in seconds, and how long the machine had slept.
    @Test(
        arguments: [
            ([(10, 10), (15, 15)], [nil, nil]),
            ([(10, 10), (3615, 15)], [nil, 3600]),
            // Once for each sleep, and what was slept before the first look is past.
            ([(500, 10), (505, 15), (605, 25), (610, 30)], [nil, nil, 90, nil]),
            ([(10, 10), (16, 14), (22, 18)], [nil, nil, nil]),
        ] as [([(Int, Int)], [Int?])])
    func tellsHowLong(_ clocks: [(Int, Int)], _ slept: [Int?]) {
        var watch = SleepWatch()
        let found = clocks.map { watch.slept(elapsed: .seconds($0.0), awake: .seconds($0.1)) }
        #expect(found == slept.map { $0.map { .seconds($0) } })
    }
}
