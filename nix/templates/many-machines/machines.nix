# The machines, and the plugins that each wants; `null` is all that the lock has for its system.
{
  anchor = {
    system = "x86_64-linux";
    plugins = null;
  };
  beacon = {
    system = "aarch64-linux";
    plugins = [ "weather-plugin" ];
  };
}
