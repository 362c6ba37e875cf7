/* SPDX-License-Identifier: Apache-2.0
 *
 * PR_SET_DUMPABLE is left alone: without it /proc/PID belongs to root, and the user that runs the pool could neither
 * read its memory (smaps_rollup) nor tell its processes from others (exe, cwd), which scripts/quickstart does. Yama
 * (kernel.yama.ptrace_scope) is the way to keep debuggers of the same user away.
 */
#include "config.h"
#include "app/sandbox.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

#include "base/log.h"

static int failed(const char *what, int error)
{
    log_event(LOG_ERROR, "sandbox_failed", F_STR("detail", what), F_INT("errno", error));
    return EX_OSERR;
}

#ifdef HAVE_SECCOMP

/* Everything else stays allowed: libraries and C library change what they call, and a list of what is allowed breaks
 * with them. (The systemd units have such a list, where it can be changed without a build.) */
static const int forbidden[] = {
    /* other processes */
    SCMP_SYS(kcmp), SCMP_SYS(pidfd_getfd), SCMP_SYS(process_madvise), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(ptrace),
    /* file systems and namespaces */
    SCMP_SYS(chroot), SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fsopen), SCMP_SYS(fspick), SCMP_SYS(mount),
    SCMP_SYS(mount_setattr), SCMP_SYS(move_mount), SCMP_SYS(open_by_handle_at), SCMP_SYS(open_tree),
    SCMP_SYS(pivot_root), SCMP_SYS(quotactl), SCMP_SYS(setns), SCMP_SYS(swapoff), SCMP_SYS(swapon), SCMP_SYS(umount),
    SCMP_SYS(umount2), SCMP_SYS(unshare),
    /* the kernel itself, and what holes in it were reached by */
    SCMP_SYS(acct), SCMP_SYS(add_key), SCMP_SYS(bpf), SCMP_SYS(delete_module), SCMP_SYS(finit_module),
    SCMP_SYS(init_module), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(io_uring_setup),
    SCMP_SYS(ioperm), SCMP_SYS(iopl), SCMP_SYS(kexec_file_load), SCMP_SYS(kexec_load), SCMP_SYS(keyctl),
    SCMP_SYS(perf_event_open), SCMP_SYS(personality), SCMP_SYS(reboot), SCMP_SYS(request_key), SCMP_SYS(syslog),
    SCMP_SYS(userfaultfd),
    /* the clock */
    SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime), SCMP_SYS(clock_settime), SCMP_SYS(settimeofday),
};

/* And what starts a process or a program. */
static const int starting[] = {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork)};

static int forbid(scmp_filter_ctx filter, const int *calls, size_t n)
{
    int error = 0;

    for (size_t i = 0; error == 0 && i < n; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
    return error;
}

static int forbid_starting(scmp_filter_ctx filter)
{
    int error = forbid(filter, starting, sizeof(starting) / sizeof(starting[0]));

    /* Threads may be made, processes not. clone3 has its flags in memory, where no filter sees them; told that there is
     * no such call, the C library takes clone. (Its flags come first on all that Debian runs on but s390x.) */
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                 SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    return error;
}

/* Calls of another architecture or ABI than the program's own are libseccomp's to answer: they end the thread. */
static void filter_calls(bool starts)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int error = filter == NULL ? -ENOMEM : 0;

    if (error == 0)
        error = forbid(filter, forbidden, sizeof(forbidden) / sizeof(forbidden[0]));
    if (error == 0 && !starts)
        error = forbid_starting(filter);
    if (error == 0)
        error = seccomp_load(filter);
    if (error != 0)
        log_event(LOG_WARN, "no_seccomp", F_INT("errno", -error));
    seccomp_release(filter);
}

#else

static void filter_calls(bool starts)
{
    (void)starts;
}

#endif

static int enter(bool starts)
{
    const struct rlimit none = {0, 0};

    if (getuid() == 0 || geteuid() == 0) {
        log_event(LOG_ERROR, "refused_root", F_STR("detail", "not started: run me as a user without rights, not root"));
        return EX_NOPERM;
    }
    /* A core would hold SECRET_KEY and whatever else was in memory. */
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return failed("RLIMIT_CORE", errno);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed("PR_SET_NO_NEW_PRIVS", errno);
    filter_calls(starts);
    return 0;
}

int sandbox_enter(void)
{
    return enter(false);
}

int sandbox_enter_starter(void)
{
    return enter(true);
}
