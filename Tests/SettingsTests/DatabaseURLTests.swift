import Testing

@testable import Settings

@Suite struct DatabaseURLTests {
    @Test(arguments: [
        ("postgresql:///hits", false), ("postgresql://me@db.example.org/hits", false),
        ("postgres://db.example.org:5433,db2.example.org/hits?connect_timeout=5", false),
        ("postgresql://db.example.org/hits?sslmode=verify-full&sslrootcert=/etc/ca.pem", false),
        ("postgresql://localhost/hits", true), ("postgresql://me@127.0.0.1:5433/hits?sslmode=disable", true),
        ("postgresql://[::1]:5432/hits", true), ("postgresql:///hits?host=/run/postgresql", true),
        ("postgresql://%2Frun%2Fpostgresql/hits", true), ("postgresql://localhost,db.example.org/hits", false),
        // What the file of services says is not known here.
        ("postgresql://localhost/?service=hits", false), ("postgresql://localhost/hits?host=db.example.org", false),
    ])
    func isLocalOnlyWhereNobodyListens(text: String, isLocal: Bool) throws {
        let url = try DatabaseURL(parsing: text)
        #expect(url.isLocal == isLocal)
        #expect(url.text == text)
    }

    @Test(arguments: [
        "postgresql://me:hunter2@db/hits", "postgresql://me@db/hits?password=hunter2",
        "postgresql://me@db/hits?pass%77ord=hunter2", "postgresql://:hunter2@/hits",
        "postgresql://me:hunter2@db:5432,db2/hits?sslmode=verify-full", "postgresql://db/hits?sslpassword=hunter2",
    ])
    func aPasswordIsRefusedAndNotRepeated(text: String) {
        let refusal = #expect(throws: Rejection.self) { try DatabaseURL(parsing: text) }
        #expect(refusal?.what == "the URL holds a password")
    }

    @Test(arguments: [
        "mysql://db/hits", "postgresql:hits", "postgresql://db/hits?sslmode=require",
        "postgresql://db/hits?sslmode=disable",
        "postgresql://localhost,db/hits?sslmode=prefer", "postgresql://db/hits?hostaddr=192.0.2.1",
        "postgresql://db:0/hits", "postgresql://db:70000/hits", "postgresql://d b/hits", "postgresql://db/hits#x",
        "postgresql://db/hits?sslmode", "postgresql://db/hits?sslmode=%zz", "postgresql://-/hits",
    ])
    func whatIsNoneIsRefused(text: String) {
        #expect(throws: Rejection.self) { try DatabaseURL(parsing: text) }
    }
}
