"""Drives a headless Chromium through its debugging pipe, and prints what it saw as JSON.

    drive.py PAGE STEPS

STEPS is a JSON list, each step an object with one key:

    {"evaluate": "a JavaScript expression"}    its value joins "values"
    {"key": "ArrowDown"}                       a key is pressed: a name of KeyboardEvent.key
    {"type": "text"}                           text comes as from an input method
    {"click": "a CSS selector"}                the left button, in the middle of the first such element, scrolled to
    {"hover": "a CSS selector"}                the mouse goes there
    {"move": [x, y]}                           the mouse goes there, in pixels of the window
    {"scheme": "dark"}                         prefers-color-scheme
    {"media": "print"}                         what the page is shown on
    {"size": [width, height]}                  of the window, in pixels
    {"screenshot": "FILE"}                     a PNG of the window
    {"page": "FILE"}                           a PNG of the whole page

Printed: {"values": [...], "requests": [URLs other than the page's], "complaints": [console errors, exceptions, CSP]}

--remote-debugging-pipe has Chromium read commands from descriptor 3 and write answers to 4, each ended by a NUL
(content/browser/devtools/devtools_pipe_handler.cc); the commands are those of the DevTools protocol.
"""
import base64
import json
import os
import subprocess
import sys
import tempfile

CODES = {"Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Tab": 9}


class Browser:
    def __init__(self, profile, log):
        command_read, self.commands = os.pipe()
        self.answers, answer_write = os.pipe()

        def wire():
            # Both ends are first moved out of the way of 3 and 4.
            ends = [os.dup(command_read), os.dup(answer_write)]
            high = [os.dup2(end, 100 + place) for place, end in enumerate(ends)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen(
            # Chromium's own sandbox needs what a container may not give, and root never has.
            ["/usr/bin/chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-extensions",
             "--force-device-scale-factor=1", "--window-size=1440,900", "--remote-debugging-pipe",
             f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=wire, close_fds=False)
        os.close(command_read)
        os.close(answer_write)
        self.pending = b""
        self.number = 0
        self.session = None
        self.requests = []
        self.complaints = []
        self.loaded = False

    def close(self):
        self.process.kill()
        self.process.wait()

    def message(self):
        while b"\0" not in self.pending:
            more = os.read(self.answers, 1 << 20)
            if not more:
                raise SystemExit("Chromium ended")
            self.pending += more
        text, self.pending = self.pending.split(b"\0", 1)
        return json.loads(text)

    def heard(self, message):
        parameters = message.get("params", {})
        method = message.get("method")
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Log.entryAdded":
            self.complaints.append(parameters["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(json.dumps(parameters["args"]))
        elif method == "Page.loadEventFired":
            self.loaded = True

    def call(self, method, **parameters):
        self.number += 1
        command = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.commands, json.dumps(command).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise SystemExit(f"{method}: {message['error']}")
                return message["result"]
            self.heard(message)

    def open(self, page):
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(each["targetId"] for each in targets if each["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")
        self.size(1440, 900)
        self.call("Page.navigate", url=page)
        while not self.loaded:
            self.heard(self.message())

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise SystemExit(f"{expression}: {json.dumps(result['exceptionDetails'])}")
        return result["result"].get("value")

    def point(self, selector):
        return self.evaluate(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)}); one.scrollIntoViewIfNeeded();"
            " const box = one.getBoundingClientRect(); return {x: box.left + box.width / 2, y: box.top + box.height / 2}; })()")

    def mouse(self, kind, point, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=point["x"], y=point["y"], **more)

    def key(self, key):
        code = CODES.get(key, ord(key.upper()[0]))
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def size(self, width, height):
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def screenshot(self, file, **options):
        with open(file, "wb") as output:
            output.write(base64.b64decode(self.call("Page.captureScreenshot", format="png", **options)["data"]))

    def take(self, step, values):
        (kind, argument), = step.items()
        if kind == "evaluate":
            values.append(self.evaluate(argument))
        elif kind == "key":
            self.key(argument)
        elif kind == "type":
            self.call("Input.insertText", text=argument)
        elif kind == "hover":
            self.mouse("mouseMoved", self.point(argument))
        elif kind == "move":
            self.mouse("mouseMoved", {"x": argument[0], "y": argument[1]})
        elif kind == "click":
            point = self.point(argument)
            self.mouse("mousePressed", point, button="left", clickCount=1)
            self.mouse("mouseReleased", point, button="left", clickCount=1)
        elif kind == "scheme":
            self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": argument}])
        elif kind == "media":
            self.call("Emulation.setEmulatedMedia", media=argument)
        elif kind == "size":
            self.size(*argument)
        elif kind == "screenshot":
            self.screenshot(argument)
        elif kind == "page":
            self.screenshot(argument, captureBeyondViewport=True)
        else:
            raise SystemExit(f"no such step: {kind}")


def main():
    page, steps = sys.argv[1], json.loads(sys.argv[2])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, tempfile.TemporaryFile() as log:
        browser = Browser(profile, log)
        try:
            browser.open(page)
            values = []
            for step in steps:
                browser.take(step, values)
        except SystemExit as reason:
            log.seek(0)
            sys.exit(f"{reason}\n{log.read().decode(errors='replace')}")
        finally:
            browser.close()
        requests = [url for url in browser.requests if url != page]
        print(json.dumps({"values": values, "requests": requests, "complaints": browser.complaints}))


main()
