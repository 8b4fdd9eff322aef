-- wrk: every request is a POST of the body in the environment
wrk.method = "POST"
wrk.body = os.getenv("WRK_BODY")
