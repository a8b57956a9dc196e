/* A server for benchmarks that throws mail away: it only looks for the end of each message.
 *
 *     cc -O2 -o sink sink.c                                  plain
 *     cc -O2 -DTLS -o sink sink.c -lssl -lcrypto             with STARTTLS
 *     ./sink [CERTIFICATE.pem KEY.pem]
 *
 * It listens on a free port of 127.0.0.1 and prints it, takes any number of connections in one epoll loop, answers all
 * that came in one read with one write, and ends on SIGTERM, saying how many messages and octets it took. It offers
 * what good relays offer, checks no syntax, and keeps nothing. For loopback alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef TLS
#include <openssl/ssl.h>
static SSL_CTX *context;
#endif

enum { ROOM = 1 << 18, TAIL = 4, LINE = 1024, ANSWERS = 1 << 16, CONNECTIONS = 1024 };

struct line {
    int fd, in_data, held;      /* held: octets of an unfinished command, or of what may be the end of a message */
    char kept[LINE];
#ifdef TLS
    SSL *ssl;
    int shaking;
#endif
};

static struct line lines[CONNECTIONS];
static char room[LINE + ROOM], answers[ANSWERS];
static size_t answered;
static long messages, octets;
static volatile sig_atomic_t ended;

static void on_term(int number) { (void)number; ended = 1; }

static void answer(const char *words) {
    size_t length = strlen(words);
    if (answered + length > ANSWERS) abort();
    memcpy(answers + answered, words, length);
    answered += length;
}

/* Where the message ends in [at, end): just past the line that is a dot alone, or NULL. */
static char *end_of_message(char *at, char *end) {
    while ((at = memchr(at, '\n', end - at)) && end - at >= 4) {
        if (at[1] == '.' && at[2] == '\r' && at[3] == '\n') return at + 4;
        at++;
    }
    return NULL;
}

/* One command; 0: the connection ends, 2: TLS begins. */
static int command(struct line *line, const char *at) {
    switch (at[0] & ~32) {
    case 'E':
        answer("250-sink\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n");
#ifdef TLS
        if (context && !line->ssl) answer("250-STARTTLS\r\n");
#endif
        answer("250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES\r\n");
        return 1;
    case 'D': line->in_data = 1; answer("354 go on\r\n"); return 1;
    case 'A': answer("235 2.7.0 welcome\r\n"); return 1;
    case 'Q': answer("221 2.0.0 bye\r\n"); return 0;
    case 'S': answer("220 2.0.0 go on\r\n"); return 2;
    default: answer("250 2.0.0 ok\r\n"); return 1;
    }
}

/* Look through what came; gives what the last command asks for. */
static int look(struct line *line, char *at, char *end) {
    int wish = 1;
    while (at < end && wish == 1) {
        if (line->in_data) {
            char *next = end_of_message(at, end);
            if (!next) break;
            line->in_data = 0;
            messages++;
            answer("250 2.0.0 taken\r\n");
            at = next;
        } else {
            char *next = memchr(at, '\n', end - at);
            if (!next) break;
            wish = command(line, at);
            at = line->in_data ? next : next + 1;   /* its line end may begin the end of an empty message */
        }
    }
    line->held = end - at;
    if (line->in_data && line->held > TAIL) { at = end - TAIL; line->held = TAIL; }
    if (line->held > LINE) return 0;
    memcpy(line->kept, at, line->held);
    return wish;
}

static long get(struct line *line, char *to, size_t size) {
#ifdef TLS
    if (line->ssl) return SSL_read(line->ssl, to, size);
#endif
    return read(line->fd, to, size);
}

static void put(struct line *line) {
    if (!answered) return;
#ifdef TLS
    if (line->ssl) { if (SSL_write(line->ssl, answers, answered) <= 0) abort(); answered = 0; return; }
#endif
    if (write(line->fd, answers, answered) < 0 && errno != EPIPE && errno != ECONNRESET) abort();
    answered = 0;
}

static void hang_up(struct line *line) {
#ifdef TLS
    if (line->ssl) { SSL_free(line->ssl); line->ssl = NULL; }
#endif
    close(line->fd);
    line->fd = -1;
}

static void serve(struct line *line) {
    for (;;) {
#ifdef TLS
        if (line->shaking) {
            int done = SSL_accept(line->ssl);
            if (done != 1) {
                int why = SSL_get_error(line->ssl, done);
                if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) hang_up(line);
                return;
            }
            line->shaking = 0;
        }
#endif
        memcpy(room, line->kept, line->held);
        long came = get(line, room + line->held, ROOM);
        if (came <= 0) {
#ifdef TLS
            if (line->ssl && SSL_get_error(line->ssl, came) == SSL_ERROR_WANT_READ) return;
#endif
            if (came < 0 && errno == EAGAIN) return;
            hang_up(line);
            return;
        }
        octets += came;
        int wish = look(line, room, room + line->held + came);
        put(line);
        if (wish == 0) { hang_up(line); return; }
#ifdef TLS
        if (wish == 2) {
            line->ssl = SSL_new(context);
            SSL_set_fd(line->ssl, line->fd);
            line->shaking = 1;
            continue;
        }
        if (line->ssl && SSL_has_pending(line->ssl)) continue;
#endif
        return;
    }
}

static void admit(int listener, int poll) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), one = 1, i = 0;
    if (fd < 0) return;
    while (i < CONNECTIONS && lines[i].fd >= 0) i++;
    if (i == CONNECTIONS) { close(fd); return; }
    memset(&lines[i], 0, sizeof lines[i]);
    lines[i].fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = &lines[i]};
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &wanted);
    answer("220 sink ESMTP\r\n");
    put(&lines[i]);
}

int main(int count, char **words) {
    (void)words;
    if (count == 3) {
#ifdef TLS
        context = SSL_CTX_new(TLS_server_method());
        SSL_CTX_set_read_ahead(context, 1);             /* several records in one read */
        SSL_CTX_set_default_read_buffer_len(context, 1 << 17);
        if (SSL_CTX_use_certificate_chain_file(context, words[1]) != 1 ||
            SSL_CTX_use_PrivateKey_file(context, words[2], SSL_FILETYPE_PEM) != 1) return 2;
#else
        return 2;
#endif
    }
    for (int i = 0; i < CONNECTIONS; i++) lines[i].fd = -1;
    struct sigaction term = {.sa_handler = on_term};
    sigaction(SIGTERM, &term, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof where;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0);
    if (bind(listener, (struct sockaddr *)&where, size) || listen(listener, 512)) { perror("sink"); return 1; }
    getsockname(listener, (struct sockaddr *)&where, &size);
    printf("%d\n", ntohs(where.sin_port));
    fflush(stdout);
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = NULL}, came[64];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &wanted);
    while (!ended) {
        int ready = epoll_wait(poll, came, 64, -1);
        for (int i = 0; i < ready; i++) {
            struct line *line = came[i].data.ptr;
            if (!line) admit(listener, poll);
            else if (line->fd >= 0) serve(line);
        }
    }
    printf("%ld messages, %ld octets\n", messages, octets);
    return 0;
}
