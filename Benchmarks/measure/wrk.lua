-- One line for the program that reads it: requests, bytes, duration, p50 and p99 in microseconds, errors.
done = function(summary, latency)
    local errors = summary.errors
    print(string.format(
        "RESULT %d %d %d %f %f %d", summary.requests, summary.bytes, summary.duration, latency:percentile(50),
        latency:percentile(99), errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
