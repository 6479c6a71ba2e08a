import Glibc

/// What counts as at once: far below any timeout, and ten times as much where a sanitizer slows everything down.
let atOnce: Duration = isSanitized ? .seconds(1) : .milliseconds(100)

private let isSanitized = dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil
