# Two images from one file: `exporter` (the default) and `simulator`. It builds on amd64 and arm64,
# wherever both base images exist.

FROM swift:6.3.1-bookworm AS build
# The base image determines the versions, so only the base image is pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends pkg-config libmicrohttpd-dev libcurl4-gnutls-dev libgnutls28-dev \
        libsqlite3-dev libpq-dev libyaml-dev libcrypt-dev zlib1g-dev rapidjson-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
ARG REVISION=unknown
RUN REVISION="$REVISION" deploy/release/compile /out


FROM debian:bookworm-slim AS simulator
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmicrohttpd12 libgnutls30 libcrypt1 zlib1g libstdc++6 libgcc-s1 \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o 65532 -g 65532 /ca
COPY --from=build /out/darktrace-simulator /usr/bin/darktrace-simulator
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="darktrace-simulator" \
    org.opencontainers.image.description="A simulated Darktrace appliance to run darktrace-exporter against" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION"
USER 65532:65532
EXPOSE 13948
# The simulator writes its CA certificate here, for other containers to mount.
VOLUME /ca
ENTRYPOINT ["/usr/bin/darktrace-simulator"]
CMD ["--listen-address=:13948", "--ca-file=/ca/ca.pem"]


FROM debian:bookworm-slim AS exporter
# The directory of the state is open to group 0, to which any user id that a platform such as OpenShift chooses belongs.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates tzdata libmicrohttpd12 libcurl3-gnutls libgnutls30 \
        libsqlite3-0 libpq5 libyaml-0-2 libcrypt1 zlib1g libstdc++6 libgcc-s1 \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o 65532 -g 0 -m 0770 /var/lib/darktrace-exporter \
    && install -d /etc/darktrace-exporter
COPY --from=build /out/darktrace-exporter /usr/bin/darktrace-exporter
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="darktrace-exporter" \
    org.opencontainers.image.description="Prometheus exporter for Darktrace model breaches" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION"
USER 65532:65532
EXPOSE 13947
# The state file with the counts. Without a persistent volume, each new container counts from scratch.
VOLUME /var/lib/darktrace-exporter
# The directory of darktrace-exporter.yml, which is optional if DARKTRACE_URL is set.
WORKDIR /etc/darktrace-exporter
ENTRYPOINT ["/usr/bin/darktrace-exporter"]
CMD ["--state.path=/var/lib/darktrace-exporter/state.db"]
# Works with passwords and TLS. For another port or a web configuration set the variables of these flags, which the check
# reads as well.
HEALTHCHECK --interval=30s --timeout=6s --start-period=5s CMD ["/usr/bin/darktrace-exporter", "healthcheck"]
