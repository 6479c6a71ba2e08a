// The physical limit: libmicrohttpd in plain C, on one poll thread as the exporter, sending constant bytes.
// usage: static PLAIN-FILE GZIP-FILE    prints the address it listens on; lives until its standard input ends
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct MHD_Response *plain, *compressed;

static struct MHD_Response *load(const char *path, const char *encoding) {
    FILE *file = fopen(path, "rb");
    if (!file) { perror(path); exit(1); }
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(size + 1);
    if (!bytes || fread(bytes, 1, size, file) != size) { perror(path); exit(1); }
    fclose(file);
    struct MHD_Response *response = MHD_create_response_from_buffer(size, bytes, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
    MHD_add_response_header(response, "Vary", "Accept, Accept-Encoding");
    if (encoding) MHD_add_response_header(response, "Content-Encoding", encoding);
    return response;
}

static enum MHD_Result respond(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *body, size_t *size, void **state) {
    (void)context; (void)url; (void)method; (void)version; (void)body; (void)size;
    // The first call is about the header alone: a response at that point closes the connection.
    static char seen;
    if (!*state) { *state = &seen; return MHD_YES; }
    const char *encoding = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept-Encoding");
    return MHD_queue_response(connection, MHD_HTTP_OK, encoding && strstr(encoding, "gzip") ? compressed : plain);
}

int main(int count, char **arguments) {
    if (count != 3) { fprintf(stderr, "usage: static PLAIN-FILE GZIP-FILE\n"); return 2; }
    plain = load(arguments[1], NULL);
    compressed = load(arguments[2], "gzip");
    struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD, 0, NULL, NULL, respond, NULL,
                                                 MHD_OPTION_SOCK_ADDR, &loopback,
                                                 MHD_OPTION_CONNECTION_LIMIT, 256u, MHD_OPTION_END);
    if (!daemon) { perror("MHD_start_daemon"); return 1; }
    printf("127.0.0.1:%u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {}
    MHD_stop_daemon(daemon);
    return 0;
}
