"""The settings every process of the suite has: broker, workers, health, logs."""

from __future__ import annotations

from functools import lru_cache

from pydantic import Field, field_validator

from chassis.settings import Settings, secret


class ProcessSettings(Settings):
    """Read once per process by `settings()`; tests call `settings.cache_clear()` after changing the environment."""

    amqp_url: str = secret("amqp://portal:portal@127.0.0.1:5672/portal", "The broker, as this process's own user.")
    amqp_heartbeat: float = Field(
        10, ge=1, le=60, description="Heartbeat in seconds; a silent broker is left after two."
    )
    rpc_workers: int = Field(16, ge=1, le=200, description="Calls one service process works on at the same time.")
    event_workers: int = Field(8, ge=1, le=100, description="Events one handler works on at the same time.")
    event_ladder: str = Field(
        "5,30,300,1800", description="Seconds to wait before each retry of a failed event; then it is a dead letter."
    )
    rpc_queue_seconds: float = Field(30, ge=1, le=600, description="How long a call may wait in a service's queue.")
    step_up_minutes: int = Field(
        10, ge=1, le=720, description="How long proof that it is really the person holds for what `fresh` guards."
    )
    health_host: str = Field("127.0.0.1", description="Address of /livez, /readyz and /metrics.")
    health_port: int = Field(0, ge=0, le=65535, description="Port of /livez, /readyz and /metrics; 0 takes a free one.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @field_validator("event_ladder")
    @classmethod
    def _whole_steps(cls, value: str) -> str:
        if not all(float(step) > 0 for step in value.split(",")):
            raise ValueError("every step of the ladder must be a positive number of seconds")
        return value

    @property
    def ladder(self) -> tuple[float, ...]:
        """The waits of the retry ladder in seconds."""
        return tuple(float(step) for step in self.event_ladder.split(","))


@lru_cache(maxsize=1)
def settings() -> ProcessSettings:
    """Return this process's settings. Raises pydantic.ValidationError for a wrong environment."""
    return ProcessSettings()
