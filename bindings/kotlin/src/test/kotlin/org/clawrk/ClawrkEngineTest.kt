package org.clawrk

import java.nio.file.Path
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir

private const val PROMPT = "Compare two databases"
private const val OUTPUT = "PostgreSQL, unless one file is all you want."

class ClawrkEngineTest {
    /** Runs the test on an exchange in memory. */
    private fun exchange(test: suspend (ClawrkEngine) -> Unit) = runBlocking {
        ClawrkEngine.open("memory:").use { engine ->
            test(engine)
            engine.shutdown()
        }
    }

    @Test
    fun aJobGoesFromQueuedToVerified() = exchange { engine ->
        val queued = engine.createJob("ann", PROMPT)
        assertEquals("queued", queued.status)
        assertEquals(PROMPT, queued.prompt)
        assertEquals("research", queued.skill)
        assertNull(queued.receiver)

        val accepted = engine.acceptJob("bob", queued.id)
        assertEquals("accepted" to "bob", accepted.status to accepted.receiver)

        val submitted = engine.submitOutput("bob", queued.id, OUTPUT)
        assertEquals("submitted" to OUTPUT, submitted.status to submitted.output)
        assertNull(submitted.verification)

        val verified = engine.verifyJob("ann", queued.id)
        assertEquals("verified", verified.status)
        assertTrue(verified.verification!!.passed)
        assertTrue(verified.verification.scores.startsWith("{"))
        assertEquals(verified, engine.job("bob", queued.id))
        assertEquals(listOf(verified), engine.jobs("ann"))
    }

    @Test
    fun withoutOutputTheSkillMakesIt() = exchange { engine ->
        val job = engine.createJob("ann", PROMPT)
        engine.acceptJob("bob", job.id)
        assertTrue(engine.submitOutput("bob", job.id).output!!.isNotBlank())
    }

    @Test
    fun aRefusalSaysWhichWhyAndWhatNext() = exchange { engine ->
        val job = engine.createJob("ann", PROMPT)
        val early = assertThrows<ClawrkException.WrongStatus> {
            engine.submitOutput("bob", job.id, OUTPUT)
        }
        assertEquals("wrong_status" to Retry.AFTER_CHANGE, early.code to early.retry)
        assertTrue("queued" in early.text, early.text)

        engine.acceptJob("bob", job.id)
        val stranger = assertThrows<ClawrkException.Forbidden> {
            engine.submitOutput("eve", job.id, OUTPUT)
        }
        assertEquals("not_receiver", stranger.code)
        assertThrows<ClawrkException.NotFound> { engine.job("eve", job.id) }
        assertThrows<ClawrkException.NotFound> { engine.job("ann", "no/such\u0000job") }
        assertThrows<ClawrkException.InvalidRequest> { engine.createJob("ann", " \n") }
        assertThrows<ClawrkException.InvalidRequest> { engine.createJob("", PROMPT) }
        assertThrows<ClawrkException.TooLarge> { engine.createJob("ann", "x".repeat(32_769)) }
        assertEquals(1, engine.jobs("ann").size)
    }

    @Test
    fun oneOfManyAcceptorsWins() = exchange { engine ->
        val job = engine.createJob("ann", PROMPT)
        val winners = coroutineScope {
            (1..64).map { number ->
                async { runCatching { engine.acceptJob("bob$number", job.id) }.getOrNull() }
            }.awaitAll().filterNotNull()
        }
        assertEquals(1, winners.size)
    }

    @Test
    fun cancellingEndsTheWaitingAndNotTheCommand() = exchange { engine ->
        coroutineScope {
            // Undispatched: it is cancelled when the command has begun, not before its turn.
            val waiting = launch(start = CoroutineStart.UNDISPATCHED) {
                engine.createJob("ann", PROMPT)
            }
            waiting.cancelAndJoin()
        }
        withTimeout(60_000) {
            while (engine.jobs("ann").isEmpty()) yield()
        }
        assertEquals(1, engine.jobs("ann").size)
    }

    @Test
    fun aKeyStandsForOneRequest() = exchange { engine ->
        val job = engine.createJob("ann", PROMPT, "k-1")
        assertEquals(job, engine.createJob("ann", PROMPT, "k-1"))
        val other = assertThrows<ClawrkException.Conflict> {
            engine.createJob("ann", "Something else", "k-1")
        }
        assertEquals("idempotency_key_reused", other.code)
        assertEquals(listOf(job), engine.jobs("ann"))
    }

    @Test
    fun afterShutdownEveryCallIsRefused() = exchange { engine ->
        val job = engine.createJob("ann", PROMPT)
        engine.shutdown()
        engine.shutdown()
        val refused = assertThrows<ClawrkException.Unavailable> { engine.job("ann", job.id) }
        assertEquals("closed" to Retry.AFTER_CHANGE, refused.code to refused.retry)
        assertThrows<ClawrkException.Unavailable> { engine.createJob("ann", PROMPT) }
    }

    @Test
    fun whatWasLetGoOfIsRefusedByTheObjectItself() {
        val engine = runBlocking { ClawrkEngine.open("memory:") }
        engine.close()
        assertThrows<IllegalStateException> { runBlocking { engine.jobs("ann") } }
    }

    @Test
    fun aStoreThatCannotBeOpenedIsNamed(@TempDir folder: Path) = runBlocking<Unit> {
        assertThrows<ClawrkException.InvalidRequest> { ClawrkEngine.open("nosuch:./data") }
        val uri = "sled:${folder.resolve("data")}"
        val engine = ClawrkEngine.open(uri)
        val job = engine.createJob("ann", PROMPT)
        assertThrows<ClawrkException.Unavailable> { ClawrkEngine.open(uri) }
        engine.shutdown()
        val again = ClawrkEngine.open(uri)
        assertEquals(job, again.job("ann", job.id))
        again.shutdown()
    }
}
