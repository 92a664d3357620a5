# The part of a machine's configuration that is about hermes-agent.  plugins.lock comes from `plugin-lock lock`, with
# `lock = { flake-input = "hermes-agent", path = "uv.lock" }` in plugins.toml.
{
  services.hermes-agent.enable = true;

  programs.plugin-lock.hosts.hermes-agent.lock = ./plugins.lock;
}
