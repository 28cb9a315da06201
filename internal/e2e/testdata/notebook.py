"""Logs in to JupyterHub on this machine, has a notebook server started, and
starts a kernel in it."""
import http.cookiejar
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

base, user, password = sys.argv[1], sys.argv[2], sys.stdin.read().strip()
jar = http.cookiejar.CookieJar()
web = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))


def xsrf(path):
    """The token of that part of the site: the hub and each server have one."""
    fit = [c for c in jar if c.name == "_xsrf" and path.startswith(c.path)]
    return max(fit, key=lambda c: len(c.path)).value


def post(path, body, **headers):
    request = urllib.request.Request(base + path, body.encode(), headers)
    return web.open(request)


web.open(base + "/hub/login").read()
token = urllib.parse.quote(xsrf("/hub/"))
form = urllib.parse.urlencode({"username": user, "password": password, "_xsrf": xsrf("/hub/")})
if urllib.parse.urlsplit(post("/hub/login?_xsrf=" + token, form).url).path == "/hub/login":
    sys.exit("the hub asks for the password again")  # without it, no server is ever there
web.open(base + "/hub/spawn").read()
while True:
    try:  # a page, not the API: only pages lead through the hub to a cookie
        answer = web.open(base + f"/user/{user}/tree")
        if urllib.parse.urlsplit(answer.url).path.startswith(f"/user/{user}/tree"):
            break
    except urllib.error.HTTPError as e:
        if e.code not in (424, 503):  # it is not up yet
            raise
    time.sleep(1)
kernel = json.load(post(f"/user/{user}/api/kernels", "{}", **{"X-XSRFToken": xsrf(f"/user/{user}/")}))
print("kernel", kernel["name"])
