public import Glibc

/// A value that only one thread touches at a time.
///
/// It stands for `pthread_mutex_t`. `Synchronization.Mutex` would do the same, but on Linux the thread sanitizer
/// does not see its futex and reports races that are none; this type goes when it does.
///
/// It is public for the compiler, which specializes what is inlinable and public in other modules, but not what is only
/// for this package: a third of the time that a scrape takes in this program went into calls without specialization.
@safe
public struct Locked<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    // Unchecked because the compiler cannot know that `mutex` guards `value`; both live at fixed addresses.
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline let value: UnsafeMutablePointer<Value>

    /// Takes the value that the lock guards from now on.
    @inlinable public init(_ value: consuming sending Value) {
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
        unsafe self.value = .allocate(capacity: 1)
        unsafe self.value.initialize(to: value)
    }

    @inlinable deinit {
        unsafe value.deinitialize(count: 1)
        unsafe value.deallocate()
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Runs `body` while no other thread can touch the value; never call back into the same lock from it.
    @inlinable public borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try unsafe body(&value.pointee)
    }
}
