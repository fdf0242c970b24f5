/// Does it in a task of its own, which ends with it. What a task has ever needed for its frames it keeps until it ends, and
/// whoever waits for hours has needed some 20 KB to get that far.
@inline(never)
func apart<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    async let value = work()
    return try await value
}
