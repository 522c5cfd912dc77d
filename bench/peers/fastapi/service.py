"""What Doorstep is compared with: the cookie contract as a FastAPI service writes it.

POST /auth/register, POST /auth/login, GET /auth/me and POST /auth/logout; the token is a JWT in the cookie `token`, which
names a session's row, and that row is read with its account at each request, as Doorstep does. Argon2id costs what it
costs there.
"""

import asyncio
import os
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import Cookie, Depends, FastAPI, HTTPException, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship
from sqlalchemy.types import DateTime

SECRET = os.environ["SECRET_KEY"]
LIFETIME = timedelta(days=30)

# Two workers share the connections that one server of Doorstep has.
engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0)
database_session = async_sessionmaker(engine, expire_on_commit=False)
hasher = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
# Somebody without an account waits as long as somebody with one.
NOBODY = hasher.hash(uuid.uuid4().hex)


class Base(DeclarativeBase):
    """The tables."""

    type_annotation_map = {datetime: DateTime(timezone=True)}


def now() -> datetime:
    return datetime.now(UTC)


class User(Base):
    __tablename__ = "users"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    email_verified: Mapped[bool] = mapped_column(default=False)
    username: Mapped[str | None] = mapped_column(String(32), unique=True)
    name: Mapped[str | None] = mapped_column(String(100))
    first_name: Mapped[str | None] = mapped_column(String(50))
    last_name: Mapped[str | None] = mapped_column(String(50))
    bio: Mapped[str | None] = mapped_column(String(300))
    role: Mapped[str] = mapped_column(String(16), default="user")
    is_active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class LoginSession(Base):
    __tablename__ = "sessions"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    user: Mapped[User] = relationship()


class Registration(BaseModel):
    email: str = Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
    password: str = Field(min_length=8, max_length=128)
    name: str | None = Field(default=None, max_length=100)


class Credentials(BaseModel):
    email: str
    password: str


class UserView(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: uuid.UUID
    email: str
    email_verified: bool
    username: str | None
    name: str | None
    first_name: str | None
    last_name: str | None
    bio: str | None
    role: str
    is_active: bool
    created_at: datetime
    updated_at: datetime


async def database():
    async with database_session() as session:
        yield session


Database = Annotated[AsyncSession, Depends(database)]


async def signed_in(db: Database, token: Annotated[str | None, Cookie()] = None) -> LoginSession:
    """The session that the cookie names, while its row says that it lives."""
    unauthorized = HTTPException(401, "Not authenticated")
    try:
        claims = jwt.decode(token or "", SECRET, algorithms=["HS256"], options={"require": ["exp", "sid"]})
        session_id = uuid.UUID(claims["sid"])
    except (jwt.InvalidTokenError, ValueError) as error:
        raise unauthorized from error
    query = select(LoginSession).options(joinedload(LoginSession.user)).where(LoginSession.id == session_id)
    session = await db.scalar(query)
    if session is None or session.ended_at or session.expires_at <= now() or not session.user.is_active:
        raise unauthorized
    return session


SignedIn = Annotated[LoginSession, Depends(signed_in)]


@asynccontextmanager
async def lifespan(_: FastAPI):
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/auth/register", status_code=201)
async def register(form: Registration, db: Database) -> UserView:
    password_hash = await asyncio.to_thread(hasher.hash, form.password)
    user = User(email=form.email.lower(), name=form.name, password_hash=password_hash)
    db.add(user)
    try:
        await db.commit()
    except IntegrityError as error:
        raise HTTPException(409, "Email already registered") from error
    return UserView.model_validate(user)


@app.post("/auth/login")
async def login(form: Credentials, db: Database, response: Response) -> UserView:
    user = await db.scalar(select(User).where(User.email == form.email.lower()))
    # No connection is held while the hash is computed.
    await db.close()
    try:
        await asyncio.to_thread(hasher.verify, user.password_hash if user else NOBODY, form.password)
    except VerifyMismatchError as error:
        raise HTTPException(401, "Incorrect email or password") from error
    if user is None or not user.is_active:
        raise HTTPException(401, "Incorrect email or password")
    session = LoginSession(user_id=user.id, expires_at=now() + LIFETIME)
    db.add(session)
    await db.commit()
    claims = {"sub": str(user.id), "sid": str(session.id), "iat": now(), "exp": session.expires_at}
    token = jwt.encode(claims, SECRET, algorithm="HS256")
    response.set_cookie("token", token, max_age=int(LIFETIME.total_seconds()), httponly=True, samesite="lax")
    return UserView.model_validate(user)


@app.get("/auth/me")
async def me(session: SignedIn) -> UserView:
    return UserView.model_validate(session.user)


@app.post("/auth/logout", status_code=204)
async def logout(session: SignedIn, db: Database, response: Response) -> None:
    await db.execute(update(LoginSession).where(LoginSession.id == session.id).values(ended_at=now()))
    await db.commit()
    response.delete_cookie("token")


async def make_tables() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(make_tables())
