"""The server that the checks of clients talk to."""
import re
import subprocess
import threading


class Server:
    """The binary, on a port of its own."""

    def __init__(self, binary, *arguments):
        command = [binary, "serve", "--address", "127.0.0.1:0", *arguments]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            found = re.search(r"address=(\S+)", line)
            if found:
                self.address = found.group(1)
                break
        else:
            raise SystemExit("the server ended before it served")
        threading.Thread(target=lambda: [None for _ in self.process.stderr], daemon=True).start()

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
