import IMAP
import SentSync
import Testing

/// Which bad responses make a request fail, so that nothing is taken for gone that only could not be read.
struct SyncRequestTests {
    private let types = SyncRequest.glances(UIDSet(from: 1), fields: ["CONTENT-TYPE"])

    private func partial(uid: UID?, flags: [Flag]? = nil, header: Bool = false) -> FetchData {
        var data = FetchData(sequence: 1)
        data.isPartial = true
        data.uid = uid
        data.flags = flags
        if header {
            data.sections = [SectionData(section: .init(part: "", kind: .headerFields(["X"])), content: .absent)]
        }
        return data
    }

    @Test func aResponseReadInPartIsEnoughIfItHoldsWhatWasAsked() {
        #expect(types.isAnswered(by: partial(uid: 1, header: true)))
        #expect(!types.isAnswered(by: partial(uid: 1, flags: [])))
        #expect(!types.isAnswered(by: partial(uid: nil, header: true)))
        #expect(types.isAnswered(by: FetchData(sequence: 1)), "read whole")
        let review = SyncRequest.review(UIDSet(2))
        #expect(review.isAnswered(by: partial(uid: 2, flags: [])))
        #expect(!review.isAnswered(by: partial(uid: 2)))
        #expect(review.isAnswered(by: partial(uid: 3)), "another message's")
        #expect(SyncRequest.structures(UIDSet(2)).isAnswered(by: partial(uid: 2)), "its first bytes are read instead")
    }

    @Test(arguments: [
        ("* 2 FETCH oops", true, false), ("* 2", true, false), ("* SEARCH x", false, true),
        ("* ESEARCH (", false, true),
        ("* FLAGS (oops", false, false), ("+ go", false, false), ("", false, false), ("*", false, false),
    ])
    func onlyWhatMayHaveBeenAnAnswerCounts(_ line: String, _ fetch: Bool, _ search: Bool) {
        #expect(types.isConcerned(by: Array(line.utf8)) == fetch)
        #expect(SyncRequest.search(from: nil, since: nil).isConcerned(by: Array(line.utf8)) == search)
    }
}
