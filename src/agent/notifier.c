/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "agent/notifier.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "app/sandbox.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/mem.h"

#define DEADLINE_MS 15000
#define LOOK_MS     20 /* how often whether a program has ended */
#define PATH_ENV    "PATH=/usr/local/bin:/usr/bin:/bin"
#define HOST_MAX    256
#define ARENA_BLOCK ((size_t)16 * 1024) /* holds a notice in all its forms */

struct notifier {
    pid_t pid;  /* 0: it has ended */
    int socket; /* SOCK_SEQPACKET: a notice is there whole or not at all */
};

/* --- in the child ------------------------------------------------------------------------------------------------- */

/* A program to run: with what, and what became of it. */
struct errand {
    const char *way; /* for the log */
    char *const *argv;
    char *const *env;
    const char *input;
};

extern char **environ;

/* Becomes the program. What it writes goes nowhere: the log is made of lines of JSON. */
static void become(const struct errand *errand, int input)
{
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || nowhere < 0 || dup2(input, STDIN_FILENO) < 0 ||
        dup2(nowhere, STDOUT_FILENO) < 0 || dup2(nowhere, STDERR_FILENO) < 0 || signal(SIGPIPE, SIG_DFL) == SIG_ERR ||
        signal(SIGTERM, SIG_DFL) == SIG_ERR || signal(SIGINT, SIG_DFL) == SIG_ERR)
        _exit(EX_OSERR);
    environ = (char **)(uintptr_t)errand->env;
    (void)execvp(errand->argv[0], errand->argv);
    _exit(errno == ENOENT ? 127 : 126); /* as a shell has it */
}

/* Its number, or -1. All of its input fits into a pipe, which nobody has to wait for. */
static pid_t begin(const struct errand *errand)
{
    const size_t n = strlen(errand->input);
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    if (write(ends[1], errand->input, n) != (ssize_t)n) {
        (void)close(ends[0]);
        (void)close(ends[1]);
        return -1;
    }
    pid = fork();
    if (pid == 0)
        become(errand, ends[0]);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return pid;
}

/* Waits for its end, and makes it when it takes too long. False then. */
static bool await_end(pid_t pid, int *status)
{
    const int64_t deadline = clock_mono_ms() + DEADLINE_MS;

    while (waitpid(pid, status, WNOHANG) == 0) {
        if (clock_mono_ms() >= deadline) {
            (void)kill(-pid, SIGKILL); /* with whatever it has started, */
            (void)kill(pid, SIGKILL);  /* and if it isn't yet so far that it has a group */
            (void)waitpid(pid, status, 0);
            return false;
        }
        (void)poll(NULL, 0, LOOK_MS);
    }
    return true;
}

static void run(const struct errand *errand, const struct alert_notice *notice, struct arena *arena)
{
    const char *alert = alert_rules[notice->alert].name, *detail = NULL;
    const pid_t pid = begin(errand);
    int status = 0;

    if (pid < 0)
        detail = arena_printf(arena, "not started: %s", strerror(errno));
    else if (!await_end(pid, &status))
        detail = arena_printf(arena, "no end within %d s", DEADLINE_MS / 1000);
    else if (WIFSIGNALED(status))
        detail = arena_printf(arena, "ended by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        detail = arena_printf(arena, "exit status %d", WEXITSTATUS(status));
    if (detail != NULL)
        log_event(LOG_WARN, "alert_notice_failed", F_STR("alert", alert), F_STR("state", alert_news_text(notice->news)),
                  F_STR("way", errand->way), F_STR("detail", detail));
    else
        log_event(LOG_INFO, "alert_notice_sent", F_STR("alert", alert), F_STR("state", alert_news_text(notice->news)),
                  F_STR("way", errand->way));
}

/* The notice in its forms. */
struct letter {
    const struct alert_notice *notice;
    const struct alert_rule *rule;
    char since[CLOCK_TEXT_SIZE], at[CLOCK_TEXT_SIZE];
    char host[HOST_MAX];
};

static void add_figure(struct buf *b, const char *key, int64_t value, bool known)
{
    if (known) {
        json_number(b, key, (long long)value);
    } else {
        json_key(b, key);
        buf_puts(b, "null");
    }
}

static const char *as_json(const struct letter *l, struct arena *arena)
{
    struct buf b;

    buf_init(&b, arena, 1024);
    buf_char(&b, '{');
    json_member(&b, "alert", l->rule->name);
    json_member(&b, "level", alert_level_text(l->notice->level));
    json_member(&b, "state", alert_news_text(l->notice->news));
    add_figure(&b, "value", l->notice->value, l->notice->value >= 0);
    json_number(&b, "warning", (long long)l->notice->warning);
    add_figure(&b, "critical", l->notice->critical, l->notice->critical > 0);
    json_member(&b, "detail", l->rule->what);
    json_member(&b, "since", l->since);
    json_member(&b, "at", l->at);
    json_member(&b, "host", l->host);
    json_member(&b, "version", PACKAGE_VERSION);
    buf_puts(&b, "}\n");
    return b.data;
}

/* Of the agent's own environment, which may hold secrets, nothing is passed on. */
static void run_command(const struct conf *conf, const struct letter *l, const char *json, struct arena *arena)
{
    char *const env[] = {
        arena_strdup(arena, PATH_ENV),
        arena_printf(arena, "ALERT_NAME=%s", l->rule->name),
        arena_printf(arena, "ALERT_LEVEL=%s", alert_level_text(l->notice->level)),
        arena_printf(arena, "ALERT_STATE=%s", alert_news_text(l->notice->news)),
        arena_printf(arena, "ALERT_VALUE=%lld", (long long)l->notice->value),
        arena_printf(arena, "ALERT_DETAIL=%s", l->rule->what),
        arena_printf(arena, "ALERT_SINCE=%s", l->since),
        arena_printf(arena, "ALERT_HOST=%s", l->host),
        NULL,
    };
    char *const argv[] = {conf->alert_command, NULL};
    const struct errand errand = {"command", argv, env, json};

    run(&errand, l->notice, arena);
}

/* Quoted for curl's configuration (curl(1), "-K, --config"). */
static void add_option(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, "%s = \"", name);
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            buf_char(b, '\\');
        if (*p != '\n')
            buf_char(b, *p);
    }
    buf_puts(b, "\"\n");
}

/* By curl, which speaks TLS without taking the agent's memory for it. The address comes on its standard input, where nobody
 * sees it who lists processes. */
static void run_webhook(const struct conf *conf, const struct letter *l, const char *json, struct arena *arena)
{
    static const char user_agent[] = "stevedores-agent/" PACKAGE_VERSION;
    static const char *const options[] = {
        "curl", "--disable", "--silent", "--fail", "--proto", "=http,https", "--output", "/dev/null", "--connect-timeout", "3",
        "--max-time", "4", "--retry", "2", "--retry-delay", "1", "--retry-max-time", "12", "--retry-connrefused",
        "--header", "Content-Type: application/json", "--user-agent", user_agent, "--config", "-", NULL};
    char *const env[] = {arena_strdup(arena, PATH_ENV), NULL};
    struct errand errand = {"webhook", (char *const *)(uintptr_t)options, env, NULL};
    struct buf b;

    buf_init(&b, arena, 4096);
    add_option(&b, "url", conf->alert_webhook_url);
    add_option(&b, "data-raw", json);
    errand.input = b.data;
    run(&errand, l->notice, arena);
}

static void deliver(const struct conf *conf, const struct alert_notice *notice, struct arena *arena)
{
    struct letter l = {.notice = notice, .rule = &alert_rules[notice->alert]};
    const char *json;

    clock_text(notice->since_ms, l.since);
    clock_text(notice->at_ms, l.at);
    if (gethostname(l.host, sizeof(l.host) - 1) != 0)
        l.host[0] = '\0';
    json = as_json(&l, arena);
    if (*conf->alert_command != '\0')
        run_command(conf, &l, json, arena);
    if (*conf->alert_webhook_url != '\0')
        run_webhook(conf, &l, json, arena);
    arena_reset(arena);
}

/* Until the agent ends. */
static int work(const struct conf *conf, int socket)
{
    struct arena *arena = arena_new(ARENA_BLOCK);
    struct alert_notice notice;
    int status = sandbox_enter_starter();
    ssize_t n;

    if (status != 0)
        return status;
    (void)prctl(PR_SET_NAME, "stevedores-note"); /* for who lists processes */
    /* systemd sends them to the agent and to this process alike; what the agent has told is told all the same. */
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    do {
        n = recv(socket, &notice, sizeof(notice), 0);
        if (n == (ssize_t)sizeof(notice))
            deliver(conf, &notice, arena);
    } while (n > 0 || (n < 0 && errno == EINTR));
    arena_free(&arena);
    return n == 0 ? 0 : EX_IOERR;
}

/* --- in the agent ------------------------------------------------------------------------------------------------- */

struct notifier *notifier_start(const struct conf *conf)
{
    struct notifier *n;
    int ends[2];
    pid_t pid;

    if (*conf->alert_command == '\0' && *conf->alert_webhook_url == '\0')
        return NULL;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        log_event(LOG_ERROR, "no_alert_notifier", F_INT("errno", errno));
        return NULL;
    }
    (void)signal(SIGCHLD, SIG_DFL); /* whoever ignored it before would leave nobody to wait for */
    pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        _exit(work(conf, ends[1]));
    }
    (void)close(ends[1]);
    if (pid < 0) {
        log_event(LOG_ERROR, "no_alert_notifier", F_INT("errno", errno));
        (void)close(ends[0]);
        return NULL;
    }
    n = mem_zalloc(sizeof(*n));
    *n = (struct notifier){.pid = pid, .socket = ends[0]};
    return n;
}

void notifier_tell(struct notifier *n, const struct alert_notice *notice)
{
    if (n == NULL || n->pid == 0)
        return;
    if (send(n->socket, notice, sizeof(*notice), MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof(*notice))
        log_event(LOG_ERROR, "alert_notice_lost", F_STR("alert", alert_rules[notice->alert].name),
                  F_STR("state", alert_news_text(notice->news)), F_STR("detail", strerror(errno)));
}

bool notifier_is_alive(struct notifier *n)
{
    int status = 0;

    if (n == NULL || (n->pid != 0 && waitpid(n->pid, &status, WNOHANG) == 0))
        return true;
    if (n->pid != 0)
        log_event(LOG_ERROR, "alert_notifier_ended", F_INT("status", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)));
    n->pid = 0;
    return false;
}

void notifier_free(struct notifier **n)
{
    if (*n == NULL)
        return;
    (void)close((*n)->socket);
    free(*n);
    *n = NULL;
}
