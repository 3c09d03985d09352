"""Run in the kernel by ``grade.py``: hears what ``check`` says, whatever else an answer does."""


def _hear(sources):
    """Run the cells of one answer within limits, and print as JSON what `check` said.

    Afterwards every name means again what it meant before.
    """
    import contextlib
    import io
    import json
    import os
    import sys

    course = sys.modules.get("course_utils.exercises.check")
    shell = get_ipython()  # noqa: F821 - this is source for a notebook's kernel
    names, said, raised = shell.user_ns, [], None
    before, check = dict(names), names["check"]

    class Limited(io.StringIO):
        def write(self, text):
            if self.tell() + len(text) > 1_000_000:
                raise RuntimeError("it prints without end")
            return super().write(text)

    def listen(number, answer):
        with contextlib.redirect_stdout(Limited()) as heard:
            check(number, answer)
        said.append(heard.getvalue())

    @contextlib.contextmanager
    def silent_descriptors():
        """Lose what is written past Python, as by a program that an answer starts."""
        kept = [os.dup(1), os.dup(2)]
        with open(os.devnull, "wb") as nowhere:
            for number in (1, 2):
                os.dup2(nowhere.fileno(), number)
        try:
            yield
        finally:
            for number, copy in enumerate(kept, 1):
                os.dup2(copy, number)
                os.close(copy)

    @contextlib.contextmanager
    def two_more_gigabytes():
        """Let the memory grow by 2 GB at most, where the system can tell and limit it."""
        if sys.platform != "linux":
            yield
            return
        import resource

        with open("/proc/self/statm") as statm:
            used = int(statm.read().split()[5]) * resource.getpagesize()
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = used + 2**31 if soft == resource.RLIM_INFINITY else min(soft, used + 2**31)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))

    displayed = Limited()

    def swallow(message):
        displayed.write(str(message["content"]))  # and nothing is sent

    names.update({"check": listen, "exit": sys.exit, "quit": sys.exit})  # not theirs, of the kernel
    if course is not None and course.check is check:
        course.check = listen  # for cu.check, and for whoever imports it once more
    show_traceback = shell._showtraceback
    shell._showtraceback = lambda *_: None  # of any length, it would be sent as it is
    shell.display_pub.register_hook(swallow)
    try:
        with (
            two_more_gigabytes(),
            silent_descriptors(),
            contextlib.redirect_stdout(Limited()),
            contextlib.redirect_stderr(Limited()),
        ):
            for source in sources:
                result = shell.run_cell(source, silent=True)
                error = result.error_before_exec or result.error_in_exec
                raised = type(error).__name__ if error else raised
    finally:
        shell.display_pub.unregister_hook(swallow)
        shell._showtraceback = show_traceback
        if course is not None and course.check is listen:
            course.check = check
    # A traceback keeps alive whatever filled the memory.
    sys.last_type = sys.last_value = sys.last_traceback = None
    for name in set(names) - set(before):
        del names[name]
    names.update(before)
    print("heard " + json.dumps({"said": said, "error": raised}))
