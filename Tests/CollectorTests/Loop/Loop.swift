import Collector

/// Runs asynchronous code on the caller's thread, job after job, with a virtual clock: when no job can run, time jumps
/// to the next sleeper. The same program with the same seed runs the same way.
final class Loop: TaskExecutor, SerialExecutor, @unchecked Sendable {
    // Unchecked: everything happens on the one thread that calls `run`.
    private var jobs: [UnownedJob] = []
    private var nextJob = 0
    private var sleepers: [Int: CheckedContinuation<Bool, Never>] = [:]
    private var sleeperCount = 0
    /// When sleepers wake, as a binary heap: the first one is the next. A cancelled one stays until it comes up.
    private var wakes: [Wake] = []
    /// Nanoseconds since the loop was made.
    private(set) var now: Int64 = 0
    /// Jobs that were run.
    private(set) var steps = 0

    private struct Wake {
        let instant: Int64
        let sleeper: Int

        /// Those of the same instant wake in the order in which they fell asleep.
        func precedes(_ other: Wake) -> Bool { (instant, sleeper) < (other.instant, other.sleeper) }
    }

    /// The clock as code sees it: time goes on between two looks, as it does in life.
    func look() -> Int64 {
        now += 1_000
        return now
    }

    func enqueue(_ job: consuming ExecutorJob) {
        jobs.append(UnownedJob(job))
    }

    func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }
    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    func checkIsolated() {}

    /// Starts a task on the loop; it goes on whenever the loop runs.
    func start(_ body: @escaping @Sendable () async -> Void) -> Run {
        let run = Run()
        run.task = Task(executorPreference: self) {
            await body()
            run.isFinished = true
        }
        return run
    }

    /// Runs until the clock shows `instant`, or until `isDone`.
    ///
    /// - Returns: Whether it was done.
    @discardableResult
    func run(until instant: Int64, isDone: () -> Bool = { false }) -> Bool {
        while true {
            runJobs()
            if isDone() { return true }
            guard let first = wakes.first, first.instant <= instant else {
                now = max(now, instant)
                return false
            }
            removeFirstWake()
            guard let continuation = sleepers.removeValue(forKey: first.sleeper) else { continue }
            now = max(now, first.instant)
            continuation.resume(returning: true)
        }
    }

    private func insert(_ wake: Wake) {
        wakes.append(wake)
        var index = wakes.count - 1
        while index > 0, wakes[index].precedes(wakes[(index - 1) / 2]) {
            wakes.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private func removeFirstWake() {
        wakes.swapAt(0, wakes.count - 1)
        wakes.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < wakes.count && wakes[child].precedes(wakes[least])
            {
                least = child
            }
            guard least != index else { return }
            wakes.swapAt(index, least)
            index = least
        }
    }

    /// Runs what can go on without time passing.
    func runJobs() {
        while nextJob < jobs.count {
            let job = jobs[nextJob]
            nextJob += 1
            if nextJob == 1_024 {
                jobs.removeFirst(nextJob)
                nextJob = 0
            }
            steps += 1
            job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        }
        jobs.removeAll(keepingCapacity: true)
        nextJob = 0
    }

    /// Sleeps by the loop's clock; ends at once when the task is cancelled.
    func sleep(until instant: Int64) async throws(CancellationError) {
        let number = sleeperCount
        sleeperCount += 1
        let isOver = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume(returning: false)
                } else {
                    sleepers[number] = continuation
                    insert(Wake(instant: instant, sleeper: number))
                }
            }
        } onCancel: {
            sleepers.removeValue(forKey: number)?.resume(returning: false)
        }
        guard isOver else { throw CancellationError() }
    }

    /// What a task has come to.
    final class Run: @unchecked Sendable {
        fileprivate(set) var task: Task<Void, Never>?
        fileprivate(set) var isFinished = false
    }
}
