raise SystemExit("a directory plugin was run while it was read")


def register(ctx):
    ctx.register_tool("weather_now")
