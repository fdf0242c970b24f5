import ServiceLifecycle

/// Watches all accounts. One service for them: each costs tasks that only wait for the end.
struct AccountService: Service {
    let accounts: [AccountWatch]

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for account in accounts {
                    for wish in account.settings.watched {
                        group.addTask { await account.watch(wish) }
                    }
                }
            }
        }
    }
}
