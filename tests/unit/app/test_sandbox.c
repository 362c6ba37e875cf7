/* SPDX-License-Identifier: Apache-2.0
 *
 * Each test enters the sandbox in a process of its own, as nobody when the tests run as root.
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "app/sandbox.h"
#include "base/log.h"

#define NOBODY 65534

static void be_nobody(void)
{
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        _exit(99);
}

/* The exit status of `run` in a child; 0 is good. */
static int in_child(int (*run)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(run());
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int enter_as_root(void)
{
    return sandbox_enter();
}

static int enter_with_roots_effective_id(void)
{
    return setresuid(NOBODY, 0, 0) == 0 ? sandbox_enter() : 99;
}

static void root_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_child(enter_as_root), EX_NOPERM);
    assert_int_equal(in_child(enter_with_roots_effective_id), EX_NOPERM);
}

/* The number behind `name` in /proc/self/status, or -1. */
static int own_status(const char *name)
{
    FILE *f = fopen("/proc/self/status", "re");
    char line[256];
    int found = -1;

    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
            found = (int)strtol(line + strlen(name) + 1, NULL, 10);
    }
    if (f != NULL)
        (void)fclose(f);
    return found;
}

static int look_around(void)
{
    struct rlimit core;

    be_nobody();
    if (sandbox_enter() != 0)
        return 1;
    if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_cur != 0 || core.rlim_max != 0)
        return 2;
    return own_status("NoNewPrivs") == 1 ? 0 : 3;
}

static void no_core_and_no_new_privileges(void **state)
{
    (void)state;
    assert_int_equal(in_child(look_around), 0);
}

#ifdef HAVE_SECCOMP

static void *a_thread(void *arg)
{
    return arg;
}

/* A thread, as libraries may want one. */
static int make_thread(void)
{
    pthread_t t;
    void *back = NULL;
    int x;

    be_nobody();
    if (sandbox_enter() != 0)
        return 1;
    if (pthread_create(&t, NULL, a_thread, &x) != 0 || pthread_join(t, &back) != 0 || back != &x)
        return 2;
    return own_status("Seccomp") == 2 ? 0 : 3;
}

static void threads_can_be_made(void **state)
{
    (void)state;
    assert_int_equal(in_child(make_thread), 0);
}

/* What a user without rights may do outside, or what fails there otherwise than with EPERM. */
static int try_all(void)
{
    char name[] = "true", *const argv[] = {name, NULL};
    pid_t pid;

    be_nobody();
    if (sandbox_enter() != 0)
        return 1;
    errno = 0;
    if (execv("/bin/true", argv) != -1 || errno != EPERM)
        return 2;
    pid = fork();
    if (pid == 0)
        _exit(0);
    if (pid > 0 || errno != EPERM)
        return 3;
    errno = 0;
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != -1 || errno != EPERM)
        return 4;
    errno = 0;
    if (unshare(CLONE_FS) != -1 || errno != EPERM)
        return 5;
    errno = 0;
    if (syscall(SYS_io_uring_setup, 0, NULL) != -1 || errno != EPERM)
        return 6;
    errno = 0;
    if (syscall(SYS_keyctl, -1, 0, 0, 0, 0) != -1 || errno != EPERM)
        return 7;
    return 0;
}

static void other_programs_and_the_kernel_are_out_of_reach(void **state)
{
    (void)state;
    assert_int_equal(in_child(try_all), 0);
}

/* A program that was started has what its starter has. */
static int start_and_look(void)
{
    char name[] = "grep", what[] = "^NoNewPrivs:.1$", file[] = "/proc/self/status", quiet[] = "-q";
    char *const argv[] = {name, quiet, what, file, NULL};
    int status = 0;
    pid_t pid;

    be_nobody();
    if (sandbox_enter_starter() != 0)
        return 1;
    errno = 0;
    if (unshare(CLONE_FS) != -1 || errno != EPERM || own_status("Seccomp") != 2)
        return 2;
    pid = fork();
    if (pid == 0) {
        (void)execvp(name, argv);
        _exit(3);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 4;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 5;
}

static void a_starter_starts_programs_and_no_more(void **state)
{
    (void)state;
    assert_int_equal(in_child(start_and_look), 0);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        a_test(root_is_refused),
        a_test(no_core_and_no_new_privileges),
#ifdef HAVE_SECCOMP
        a_test(threads_can_be_made),
        a_test(other_programs_and_the_kernel_are_out_of_reach),
        a_test(a_starter_starts_programs_and_no_more),
#endif
    };

    log_init("test_sandbox", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
