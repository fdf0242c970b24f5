extension Settings {
    /// A provider that puts in pixels of its own and tells of opens by an API.
    package struct ProviderSource: Sendable, Equatable {
        package let name: String
        package let kind: Kind
        /// Of the API; of ``Kind/json(_:)`` the first page of the list.
        package let url: ServiceURL
        package let key: SecretOrigin
        package let caFile: String?
        package let proxy: ServiceURL?

        package enum Kind: Sendable, Equatable {
            case postmark
            /// Its logs; `domain` is the one that mail is sent from.
            case mailgun(domain: String)
            /// The older of its APIs.
            case mailgunEvents(domain: String)
            case sparkpost
            case json(JSONList)
        }
    }

    /// Where an API says what that answers with a list in JSON.
    package struct JSONList: Sendable, Equatable {
        /// The header field that takes the key.
        package let header: String
        /// Empty: the answer is the list.
        package let list: ValuePath
        package let id: ValuePath
        package let time: ValuePath
        package let timeFormat: TimeFormat
        /// One of these two.
        package let messageID: ValuePath?
        package let token: ValuePath?
        package let recipient: ValuePath?
        package let userAgent: ValuePath?
        package let address: ValuePath?
        package let machine: ValuePath?
        package let order: Order
        /// The parameter that takes the time from which on events are wanted.
        package let since: String?
        package let paging: Paging

        package enum TimeFormat: String, Sendable, CaseIterable {
            case rfc3339, unix
            case unixMilliseconds = "unix-ms"
        }

        package enum Order: String, Sendable, CaseIterable {
            case newestFirst = "newest-first"
            case oldestFirst = "oldest-first"
        }

        package enum Paging: Sendable, Equatable {
            case none
            case link(ValuePath)
            case cursor(ValuePath, parameter: String)
        }
    }

    /// The way to a value in JSON, step by step.
    package struct ValuePath: Sendable, Equatable {
        package let steps: [String]
    }
}

extension Settings.ValuePath {
    private static var limits: (bytes: Int, steps: Int) { (bytes: 256, steps: 16) }
    static var form: String {
        "names with dots between them, such as \"message.id\", or a JSON Pointer such as \"/message/id\""
    }

    /// Dotted, or a pointer (RFC 6901), for names that have dots in them.
    init(parsing text: String) throws(Rejection) {
        let isPointer = text.hasPrefix("/")
        let parts = (isPointer ? text.dropFirst() : text[...]).split(
            separator: isPointer ? "/" : ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.limits.bytes, parts.count <= Self.limits.steps, parts.allSatisfy({ !$0.isEmpty })
        else {
            throw Rejection(what: "\(quoted(text)) is no path", expected: Self.form)
        }
        steps = parts.map(String.init).map { step in
            isPointer ? step.replacing("~1", with: "/").replacing("~0", with: "~") : step
        }
    }
}
