/// What a column of a statement is bound to.
protocol ColumnValue {
    func bind(to statement: BoundStatement, _ column: Int32) throws
}

extension Int64: ColumnValue {
    func bind(to statement: BoundStatement, _ column: Int32) throws { try statement.bind(column, self) }
}

extension Int: ColumnValue {
    func bind(to statement: BoundStatement, _ column: Int32) throws { try statement.bind(column, Int64(self)) }
}

extension UInt32: ColumnValue {
    func bind(to statement: BoundStatement, _ column: Int32) throws { try statement.bind(column, Int64(self)) }
}

extension Bool: ColumnValue {
    func bind(to statement: BoundStatement, _ column: Int32) throws { try statement.bind(column, Int64(self ? 1 : 0)) }
}

extension String: ColumnValue {
    func bind(to statement: BoundStatement, _ column: Int32) throws { try statement.bind(column, self) }
}

extension [UInt8]: ColumnValue {
    func bind(to statement: BoundStatement, _ column: Int32) throws { try statement.bind(column, self) }
}

/// NULL for `nil`.
extension Optional: ColumnValue where Wrapped: ColumnValue {
    func bind(to statement: BoundStatement, _ column: Int32) throws {
        if let self { try self.bind(to: statement, column) } else { try statement.bindNull(column) }
    }
}
