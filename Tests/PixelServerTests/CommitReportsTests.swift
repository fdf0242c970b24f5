import Testing

@testable import PixelServer

struct CommitReportsTests {
    private let reports = CommitReports()

    private func add(_ stored: Int) -> CommitReports.Call? {
        reports.add(.init(outcome: .success(Appended(stored: stored)), seconds: 0))
    }

    @Test func theLoopIsCalledOnceForMany() {
        #expect(add(1) == .later)
        #expect(add(2) == nil)
        #expect(reports.take().compactMap { try? $0.outcome.get().stored } == [1, 2])
        #expect(reports.take().isEmpty)
        #expect(add(3) == .later)
    }

    /// Also when the loop comes later for those before.
    @Test func whoWaitsIsToldAtOnce() {
        #expect(add(1) == .later)
        reports.setAwaited(true)
        #expect(add(2) == .now)
        #expect(add(3) == nil)
        #expect(reports.take().count == 3)
        reports.setAwaited(false)
        #expect(add(4) == .later)
    }

    @Test func aFailureIsToldAtOnce() {
        #expect(add(1) == .later)
        let error = PixelServerError(.storage, "no disk", .needsUser("check the disk"))
        #expect(reports.add(.init(outcome: .failure(error), seconds: 0)) == .now)
    }
}
